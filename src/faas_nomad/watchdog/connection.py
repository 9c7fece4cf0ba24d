"""One client connection: its requests one after the other, each answered or cut."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Awaitable, Callable

from .errors import ClientGoneError, FunctionGoneError, HttpError, TooLateError, TruncatedError
from .exchange import READ_SIZE, Exchange, Limits
from .http1 import HEAD_LIMIT, REASONS, Headers, Request, head_bytes
from .logs import log
from .loop import READ, WRITE, Loop, Wait

IDLE_S = 120.0  # an idle connection is kept this long: longer than a proxy keeps its own
LINGER_S = 1.0  # how long, and how much, of an unread request is dropped before a close: closing
LINGER_BYTES = 1 << 20  # on unread bytes resets the connection, and the answer may be lost with it
BUFFER_LIMIT = 1 << 26  # bytes of a body, or an answer, that is held in memory where one must be
INTERNAL = (
    "X-OpenFaaS-Internal",
    "faas-nomad-watchdog",
)  # marks answers that are not the function's
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Handler = Callable[["Call"], Awaitable[None]]


class Call:
    """A request on its way through the watchdog."""

    def __init__(self, connection: Connection, request: Request, limits: Limits) -> None:
        self.connection = connection
        self.request = request
        self.limits = limits
        self.started = time.monotonic()
        self.exchange: Exchange | None = None
        self.status = 0  # of the answer, once it is decided
        self.size = 0  # bytes of its body
        self.report: Callable[[Call], None] | None = None  # told when all is over
        self.must_close = False  # the answer's end is the connection's end

    def closing(self) -> bool:
        """Tell whether the connection ends with this answer, as far as is known now."""
        return self.must_close or not self.request.keep_alive or self.connection.stopping()

    def is_read(self) -> bool:
        """Tell whether the request was read to its end."""
        return self.exchange.upload.done if self.exchange else self.request.body_length == 0

    def duration_header(self) -> tuple[str, str]:
        """Return the header that says how long the function took up to now."""
        return ("X-Duration-Seconds", f"{time.monotonic() - self.started:.6f}")

    async def receive(self, limit: int) -> bytes:
        """Return the whole body.

        Raises:
            HttpError: It is longer than `limit`.
        """
        connection, request = self.connection, self.request
        body = request.decoder()
        payload = bytearray(body.feed(connection.take_buffer()))
        await connection.encourage(request, bool(payload))
        while not body.done:
            if len(payload) > limit or (request.body_length or 0) > limit:
                raise HttpError(413, f"a body over {limit} bytes, which this mode holds in memory")
            payload += body.feed(await connection.receive(self.limits))
        connection.buffer += body.rest
        return bytes(payload)


class Connection:
    """A client's connection; `handler` answers its calls."""

    def __init__(
        self,
        sock: socket.socket,
        loop: Loop,
        handler: Handler,
        timeouts_s: tuple[float, float],
        stopping: Callable[[], bool],
    ) -> None:
        """Take over `sock`; `timeouts_s` are for reading a request and writing its answer."""
        self.fd = sock.fileno()
        self.buffer = bytearray()
        self.idle = True
        self.fresh = True  # no request was read yet
        self.stopping = stopping
        self._sock = sock
        self._loop = loop
        self._handler = handler
        self._read_s, self._write_s = timeouts_s

    async def serve(self) -> None:
        """Answer requests until either side is done; then close."""
        try:
            while await self._serve_one():
                pass
        except ClientGoneError:
            pass
        except Exception as err:  # one connection's fault is not the others'
            log(f"connection dropped: {type(err).__name__}: {err}")
        finally:
            self._loop.forget(self.fd)
            self._sock.close()

    def hang_up(self) -> None:
        """Wake the connection from its idleness, to end; not if a request has just come in."""
        try:
            self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the client was faster

    async def _serve_one(self) -> bool:
        """Answer one request; tell whether another may follow."""
        try:
            text = await self._read_head()
            if text is None:
                return False
            self.fresh = False
            call = Call(self, Request(text), Limits(self._read_s, self._write_s))
        except (HttpError, TooLateError) as err:
            status = err.status if isinstance(err, HttpError) else 408
            await self.write(plain_answer(status, f"{err}\n", [("Connection", "close")]))
            await self._linger()
            return False
        try:
            return await self._answer(call)
        finally:
            if call.report:
                call.report(call)

    async def _answer(self, call: Call) -> bool:
        try:
            await self._handler(call)
        except (HttpError, TooLateError, FunctionGoneError, TruncatedError) as err:
            if call.exchange and call.exchange.sent:
                return self._cut(call, err)
            call.must_close = not call.is_read()
            await self.reply(call, _status_of(err), f"{err}\n", [INTERNAL])
        if call.exchange:
            self.buffer += call.exchange.spare
            call.must_close |= not call.is_read()
        if not call.closing():
            return True
        if call.must_close:
            await self._linger()
        return False

    async def reply(
        self, call: Call, status: int, text: str = "", headers: Headers | None = None
    ) -> None:
        """Send a whole answer of the watchdog's own."""
        call.status, call.size = status, len(text)
        fields = [*(headers or []), call.duration_header()]
        if call.closing():
            fields.append(("Connection", "close"))
        await self.write(
            plain_answer(status, text, fields, head_only=call.request.method == "HEAD")
        )

    def _cut(self, call: Call, err: Exception) -> bool:
        """End the connection in the middle of an answer so that the client cannot miss it."""
        log(f"{call.request.method} {call.request.path} - cut after {call.size} bytes: {err}")
        if call.request.version == "HTTP/1.0":  # to it a plain close would be a whole answer
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    async def _read_head(self) -> str | None:
        """Return the next request's head; None when the client has no more."""
        until = 0.0
        while True:
            end = self.buffer.find(b"\r\n\r\n", 0, HEAD_LIMIT)
            if end >= 0:
                head = self.buffer[:end].decode("latin-1")
                del self.buffer[: end + 4]
                return head
            if len(self.buffer) >= HEAD_LIMIT:
                raise HttpError(431, f"a head over {HEAD_LIMIT} bytes")
            if not until and self.buffer.lstrip(b"\r\n"):
                until = time.monotonic() + (self._read_s or IDLE_S)
            if not await self._more(until):
                return None

    async def _more(self, until: float) -> bool:
        """Wait for bytes of a head; `until` is 0 before its first one."""
        self.idle = not until
        if self.idle and not self.fresh and self.stopping():
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
        until = time.monotonic() + self._write_s
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

    async def _linger(self) -> None:
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


def _status_of(err: Exception) -> int:
    if isinstance(err, HttpError):
        return err.status
    if isinstance(err, TooLateError):
        return 408 if err.what == "read_timeout" else 504
    return 502


def date() -> str:
    """Return the Date header's value for now."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())


def plain_answer(status: int, text: str, headers: Headers, *, head_only: bool = False) -> bytes:
    """Return a whole answer with a text of the watchdog's own."""
    fields = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(text.encode()))),
        ("Date", date()),
        *headers,
    ]
    head = head_bytes(f"HTTP/1.1 {status} {REASONS.get(status, '')}", fields)
    return head if head_only else head + text.encode()
