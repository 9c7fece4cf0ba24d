"""One request and its answer on their way: from the client to the function and back.

Both directions run in one task with bounded buffers, so that a slow end slows the other down, and
the client's leaving is seen at once, whatever is being waited for.
"""

from __future__ import annotations

import os
import time

from .bodies import Decoder
from .errors import ClientGoneError, FunctionGoneError, TooLateError
from .loop import NEVER, READ, WRITE, Wait

READ_SIZE = 65536
HIGH_WATER = 262144  # a direction with this much unsent takes no more
SPARE_LIMIT = 65536  # bytes of a pipelined next request that are kept


class Limits:
    """The moments (monotonic) by which the request must be read and the answer be written."""

    __slots__ = ("answer", "answer_name", "read")

    def __init__(self, read_s: float, write_s: float) -> None:
        """Count `read_s` (0: no limit) and `write_s` from now on."""
        now = time.monotonic()
        self.read = now + read_s if read_s else NEVER
        self.answer = now + write_s
        self.answer_name = "write_timeout"

    def start(self, exec_s: float) -> None:
        """Give the function `exec_s` from now on, 0 being no limit of its own."""
        until = time.monotonic() + exec_s
        if exec_s and until <= self.answer:
            self.answer = until
            self.answer_name = "exec_timeout"

    def next(self, reading: bool) -> float:
        """Return the moment that comes first; `reading` while the request is not yet whole."""
        return min(self.read, self.answer) if reading else self.answer

    def passed(self) -> TooLateError:
        """Return the error that says which limit passed."""
        late = time.monotonic() >= self.answer
        return TooLateError(self.answer_name if late else "read_timeout")


class Exchange:
    """Bytes from `client` through `upload` to `sink`, and from `source` through `download` back.

    `upload` and `download` change the bytes on the way (framing off and on). A `sink` of -1 takes
    nothing: what arrives is dropped. `spare` is what the client sent behind its request.
    """

    def __init__(
        self, client: int, sink: int, source: int, upload: Decoder, download: Decoder
    ) -> None:
        self.client = client
        self.sink = sink
        self.source = source
        self.upload = upload
        self.download = download
        self.up = bytearray()
        self.down = bytearray()
        self.spare = bytearray()
        self.sent = False  # whether the client has got any byte
        self.heard = False  # whether the function has given any byte

    async def run(self, limits: Limits | None) -> None:
        """Move bytes until the answer is whole and sent.

        Raises:
            ClientGoneError: The client left.
            TooLateError: A limit passed.
            FunctionGoneError: The function's connection broke.
            TruncatedError: The answer ended early.
            HttpError: Either side's bytes are malformed.
        """
        self._push()
        while not self.download.done:
            until = limits.next(not self.upload.done) if limits else NEVER
            ready = await Wait(self._wants(), until)
            if not ready and limits:
                raise limits.passed()
            self._move(ready)
        await self.flush(limits)

    async def flush(self, limits: Limits | None) -> None:
        """Send the client what waits for it.

        Raises:
            ClientGoneError: It left.
            TooLateError: It does not take it in time.
        """
        self._send()
        while self.down:
            if not await Wait({self.client: WRITE}, limits.answer if limits else NEVER) and limits:
                raise limits.passed()
            self._send()

    def uploaded(self) -> None:
        """Called when the request is whole and handed over; a pipe is closed here."""

    def _wants(self) -> dict[int, int]:
        wants = {}
        if len(self.up) < HIGH_WATER and len(self.spare) < SPARE_LIMIT:
            wants[self.client] = READ
        if self.down:
            wants[self.client] = wants.get(self.client, 0) | WRITE
        if self.up:
            wants[self.sink] = WRITE
        if len(self.down) < HIGH_WATER:
            wants[self.source] = wants.get(self.source, 0) | READ
        return wants

    def _move(self, ready: dict[int, int]) -> None:
        for fd, mask in ready.items():
            if fd == self.client:
                if mask & READ:
                    self._receive()
                if mask & WRITE:
                    self._send()
            else:
                if mask & READ:
                    self._listen()
                if mask & WRITE:
                    self._push()

    def _receive(self) -> None:
        try:
            data = os.read(self.client, READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            raise ClientGoneError
        self.take(data)

    def take(self, data: bytes) -> None:
        """Accept `data` from the client."""
        if self.upload.done:
            self.spare += data
            return
        payload = self.upload.feed(data)
        if self.upload.done:
            self.spare += self.upload.rest
        if self.sink >= 0:
            self.up += payload
        self._push()

    def _push(self) -> None:
        """Give the function what waits for it."""
        if self.up:
            try:
                del self.up[: os.write(self.sink, self.up)]
            except BlockingIOError:
                return
            except OSError:  # it takes no more; what it says still counts
                self.up.clear()
                self.sink = -1
        if self.upload.done and not self.up:
            self.uploaded()

    def _listen(self) -> None:
        try:
            data = os.read(self.source, READ_SIZE)
        except BlockingIOError:
            return
        except OSError as err:
            raise FunctionGoneError(str(err)) from None
        if data:
            self.heard = True
            self.down += self.download.feed(data)
        else:
            self.download.eof()
        self._send()

    def _send(self) -> None:
        if not self.down:
            return
        try:
            del self.down[: os.write(self.client, self.down)]
        except BlockingIOError:
            return
        except OSError:
            raise ClientGoneError from None
        self.sent = True
