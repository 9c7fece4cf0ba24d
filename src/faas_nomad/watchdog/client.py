"""The client's end of a connection: heads and bodies come in, answers go out, all in time."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable

from .errors import ClientGoneError, HttpError, TooLateError
from .exchange import READ_SIZE, Limits
from .head import HEAD_LIMIT
from .loop import READ, WRITE, Loop, Wait
from .request import Request

IDLE_S = 120.0  # an idle connection is kept this long: longer than a proxy keeps its own
LINGER_S = 1.0  # how long, and how much, of an unread request is dropped before a close: closing
LINGER_BYTES = 1 << 20  # on unread bytes resets the connection, and the answer may be lost with it
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Client:
    """Bytes from and to one client; `buffer` has what was read and belongs to nothing yet."""

    def __init__(
        self,
        sock: socket.socket,
        timeouts_s: tuple[float, float],
        stopping: Callable[[], bool],
    ) -> None:
        """Take over `sock`; `timeouts_s` are for reading a request and writing its answer."""
        self.fd = sock.fileno()
        self.buffer = bytearray()
        self.idle = True
        self.stopping = stopping
        self._fresh = True  # no request was read yet
        self._sock = sock
        self._timeouts_s = timeouts_s

    def limits(self) -> Limits:
        """Return the limits of a request whose head was just read."""
        return Limits(*self._timeouts_s)

    def hang_up(self) -> None:
        """Wake the connection from its idleness, to end; not if a request has just come in."""
        try:
            self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the client was faster

    def close_by_reset(self) -> None:
        """Have the close be one that cannot be taken for an answer's end."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self, loop: Loop) -> None:
        """End the connection."""
        loop.forget(self.fd)
        self._sock.close()

    async def read_head(self) -> str | None:
        """Return the next request's head; None when the client has no more.

        Raises:
            HttpError: It is too long.
            TooLateError: It was begun and not ended in time.
        """
        until = 0.0
        while True:
            end = self.buffer.find(b"\r\n\r\n", 0, HEAD_LIMIT)
            if end >= 0:
                head = self.buffer[:end].decode("latin-1")
                del self.buffer[: end + 4]
                self._fresh = False
                return head
            if len(self.buffer) >= HEAD_LIMIT:
                raise HttpError(431, f"a head over {HEAD_LIMIT} bytes")
            if not until and self.buffer.lstrip(b"\r\n"):
                until = time.monotonic() + (self._timeouts_s[0] or IDLE_S)
            if not await self._more(until):
                return None

    async def _more(self, until: float) -> bool:
        """Wait for bytes of a head; `until` is 0 before its first one."""
        self.idle = not until
        if self.idle and not self._fresh and self.stopping():
            return False
        ready = await Wait({self.fd: READ}, until or time.monotonic() + IDLE_S)
        self.idle = False
        if not ready:
            if until:
                raise TooLateError("read_timeout")
            return False
        return self._read_into_buffer()

    def _read_into_buffer(self) -> bool:
        try:
            data = os.read(self.fd, READ_SIZE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.buffer += data
        if self.buffer.startswith(b"\r\n"):  # empty lines before a request (RFC 9112, 2.2)
            del self.buffer[:2]
        return bool(data)

    def take_buffer(self) -> bytes:
        """Return what was read beyond the head, and forget it here."""
        data = bytes(self.buffer)
        self.buffer.clear()
        return data

    async def encourage(self, request: Request, begun: bool) -> None:
        """Send 100 to a client that waits for it and has not begun to send."""
        if request.expects_continue and not begun:
            await self.write(CONTINUE)

    async def receive(self, limits: Limits) -> bytes:
        """Return more bytes of the request's body."""
        while await Wait({self.fd: READ}, limits.next(True)):
            try:
                data = os.read(self.fd, READ_SIZE)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                raise ClientGoneError
            return data
        raise limits.passed()

    async def write(self, data: bytes) -> None:
        """Send `data`, within the write timeout.

        Raises:
            ClientGoneError: The client is gone, or does not take it.
        """
        until = time.monotonic() + self._timeouts_s[1]
        while True:
            try:
                data = data[os.write(self.fd, data) :]
            except BlockingIOError:
                pass
            except OSError:
                raise ClientGoneError from None
            if not data:
                return
            if not await Wait({self.fd: WRITE}, until):
                raise ClientGoneError

    async def linger(self) -> None:
        """Let the client read the answer although not all of its request was read."""
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            return
        until, dropped = time.monotonic() + LINGER_S, 0
        while dropped < LINGER_BYTES and await Wait({self.fd: READ}, until):
            try:
                data = os.read(self.fd, READ_SIZE)
            except BlockingIOError:
                continue
            except OSError:
                return
            if not data:
                return
            dropped += len(data)
