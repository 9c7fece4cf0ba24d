"""The http mode's requests: proxied to the server that the function is, over kept connections."""

from __future__ import annotations

import os
import time

from .bodies import LAST_CHUNK, Decoder, chunk, decoder
from .call import BUFFER_LIMIT, Call
from .config import Config, duration_s
from .errors import FunctionGoneError, HttpError, TruncatedError
from .exchange import Exchange
from .head import HEAD_LIMIT, HOP_BY_HOP, head_bytes
from .loop import NEVER, Loop, Wait
from .request import Request
from .response import Response
from .sockets import Address, connect

KEPT_S = 0.5  # of-watchdog's; a server that serves one connection at a time is held up no longer
IDEMPOTENT = ("GET", "HEAD", "OPTIONS")
NOT_FOR_THE_FUNCTION = HOP_BY_HOP | {"content-length", "expect"}
BODYLESS = frozenset((204, 304))


class Rechunked(Decoder):
    """A chunked body on its way: checked, and framed anew."""

    def __init__(self, inner: Decoder) -> None:
        super().__init__()
        self._inner = inner

    def feed(self, data: bytes) -> bytes:
        """Return the chunks to send for `data`."""
        framed = chunk(self._inner.feed(data))
        if self._inner.done:
            self.done, self.rest = True, self._inner.rest
            framed += LAST_CHUNK
        return framed


class Answer(Decoder):
    """The function's answer on its way to the client: its head rewritten, its body framed anew."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call
        self._held = b""
        self._body: Decoder | None = None
        self._chunked = False
        self.head: Response | None = None

    def feed(self, data: bytes) -> bytes:
        """Return the bytes to send for `data`.

        Raises:
            HttpError: The answer is malformed; the status is 502.
        """
        if self._body:
            return self._recode(data)
        self._held += data
        head = b""
        while not self._body and not self.done:
            text, end, rest = self._held.partition(b"\r\n\r\n")
            if len(text) > HEAD_LIMIT:
                raise HttpError(502, f"the function's answer has a head over {HEAD_LIMIT} bytes")
            if not end:
                return b""
            self._held = rest
            head = self._begin(Response(text.decode("latin-1"), self._call.request.method))
        if self.done:  # another protocol begins behind this head
            self.rest = self._held
            return head
        return head + self._recode(self._held)

    def eof(self) -> None:
        """Take note of the connection's end.

        Raises:
            TruncatedError: The answer is not whole.
        """
        if not self._body:
            raise TruncatedError("the function closed the connection without an answer")
        self._body.eof()
        self.done = True

    def last(self) -> bytes:
        """Return what ends an answer that the connection's end has ended."""
        ended_by_close = self.head is not None and self.head.body_length == -1
        return LAST_CHUNK if ended_by_close and self._chunked else b""

    def behind(self) -> bytes:
        """Return what the function sent behind its answer, where nothing belongs."""
        return self._body.rest if self._body else b""

    def _begin(self, head: Response) -> bytes:
        """Take up a head; nothing is sent for an interim one."""
        if head.status == 101 and self._call.request.upgrade:
            self.done = True
        elif head.status == 101:
            raise HttpError(502, "the function switches protocols without being asked to")
        elif head.status < 200:
            return b""
        else:
            self._body = decoder(head.body_length)
        self.head = head
        self._call.status = head.status
        return self._head_bytes(head)

    def _head_bytes(self, head: Response) -> bytes:
        call = self._call
        fields = head.forwarded()
        if head.status == 204:
            fields = [field for field in fields if field[0].lower() != "content-length"]
        fields.append(call.duration_header())
        if head.body_length in (None, -1):
            self._chunked = call.request.version == "HTTP/1.1"
            if self._chunked:
                fields.append(("Transfer-Encoding", "chunked"))
        if head.status == 101:
            fields += [("Connection", "Upgrade"), ("Upgrade", head.fields.get("upgrade", ""))]
        elif call.closing():
            fields.append(("Connection", "close"))
        return head_bytes(f"HTTP/1.1 {head.status} {head.reason}", fields)

    def _recode(self, data: bytes) -> bytes:
        assert self._body is not None
        try:
            payload = self._body.feed(data)
        except HttpError as err:
            raise HttpError(502, f"the function's answer: {err}") from None
        self._call.size += len(payload)
        self.done = self._body.done
        if not self._chunked:
            return payload
        return chunk(payload) + LAST_CHUNK if self.done else chunk(payload)


class Upstream:
    """Answers calls by the server at `address`, whose paths begin with `prefix`."""

    def __init__(self, config: Config, loop: Loop, address: Address, prefix: str) -> None:
        self._config = config
        self._loop = loop
        self._address = address
        self._prefix = prefix
        self._idle: list[tuple[int, float]] = []  # descriptors and when their keeping ends
        self._sweeping = False

    async def handle(self, call: Call) -> None:
        """Send `call` to the function and its answer to the client.

        Raises:
            HttpError, TooLateError, FunctionGoneError, TruncatedError: It failed.
        """
        body = await call.receive(BUFFER_LIMIT) if self._config.buffer_body else None
        call.limits.start(self._exec_s(call.request))
        if not await self._try(call, body, reuse=True):
            await self._try(call, body, reuse=False)

    def _exec_s(self, request: Request) -> float:
        """Return the function's time, which the caller may shorten by X-Timeout."""
        asked_s = duration_s(request.fields.get("x-timeout", "")) or NEVER
        limit_s = self._config.exec_timeout_s or NEVER
        shorter_s = min(asked_s, limit_s)
        return 0.0 if shorter_s == NEVER else shorter_s

    async def _try(self, call: Call, body: bytes | None, *, reuse: bool) -> bool:
        """Answer `call`; False if the kept connection turned out dead and another try is safe."""
        fd = self._take() if reuse else -1
        kept = fd >= 0
        if not kept:
            fd = await connect(self._address, call.limits, self._loop)
        answer = Answer(call)
        exchange = self._exchange(call, body, fd, answer)
        keep = False
        try:
            await self._run(call, exchange, answer)
            keep = self._may_keep(exchange, answer)
        except (FunctionGoneError, TruncatedError):
            safe = call.request.body_length == 0 and call.request.method in IDEMPOTENT
            if kept and safe and not exchange.heard:
                call.client.buffer += exchange.spare
                return False
            raise
        finally:
            self._put(fd) if keep else self._close(fd)
        return True

    def _exchange(self, call: Call, body: bytes | None, fd: int, answer: Answer) -> Exchange:
        request = call.request
        upload = request.decoder()
        if body is not None:
            upload.done = True
        elif request.body_length is None:
            upload = Rechunked(upload)
        exchange = Exchange(call.client.fd, fd, fd, upload, answer)
        exchange.up += self._request_head(request, body) + (body or b"")
        call.exchange = exchange
        return exchange

    def _request_head(self, request: Request, body: bytes | None) -> bytes:
        fields = request.forwarded(NOT_FOR_THE_FUNCTION)
        length = len(body) if body is not None else request.body_length
        if length is None:
            fields.append(("Transfer-Encoding", "chunked"))
        elif length or "content-length" in request.fields:
            fields.append(("Content-Length", str(length)))
        if "host" not in request.fields:  # HTTP/1.0
            fields.append(("Host", "localhost"))
        if request.upgrade:
            fields += [("Connection", "Upgrade"), ("Upgrade", request.fields["upgrade"])]
        target = self._prefix + request.target if request.target != "*" else "*"
        return head_bytes(f"{request.method} {target} HTTP/1.1", fields)

    async def _run(self, call: Call, exchange: Exchange, answer: Answer) -> None:
        data = call.client.take_buffer()
        await call.client.encourage(call.request, bool(data) or exchange.upload.done)
        if data:
            exchange.take(data)
        await exchange.run(call.limits)
        if answer.head and answer.head.status == 101:
            await self._tunnel(call, exchange, answer)
        elif answer.last():
            exchange.down += answer.last()
            await exchange.flush(call.limits)

    async def _tunnel(self, call: Call, exchange: Exchange, answer: Answer) -> None:
        """Pass bytes both ways until either side closes; no limit applies."""
        call.must_close = True
        tunnel = Exchange(exchange.client, exchange.sink, exchange.source, Decoder(), Decoder())
        tunnel.up += exchange.up + exchange.spare
        tunnel.down += answer.rest
        exchange.spare.clear()
        await tunnel.run(None)

    def _may_keep(self, exchange: Exchange, answer: Answer) -> bool:
        head = answer.head
        return bool(
            head
            and head.status != 101
            and head.keep_alive
            and head.body_length != -1
            and not answer.behind()
            and exchange.upload.done
            and not exchange.up
            and exchange.sink >= 0
        )

    def _take(self) -> int:
        """Return the kept connection that was used last and is still whole; -1 if none is."""
        while self._idle:
            fd, until = self._idle.pop()
            if until > time.monotonic() and _is_quiet(fd):
                return fd
            self._close(fd)
        return -1

    def _put(self, fd: int) -> None:
        self._idle.append((fd, time.monotonic() + KEPT_S))
        if not self._sweeping:
            self._sweeping = True
            self._loop.spawn(self._sweep())

    def _close(self, fd: int) -> None:
        self._loop.forget(fd)
        os.close(fd)

    async def _sweep(self) -> None:
        """Close connections that were kept long enough, while there are any."""
        while self._idle:
            await Wait({}, self._idle[0][1])
            now = time.monotonic()
            while self._idle and self._idle[0][1] <= now:
                self._close(self._idle.pop(0)[0])
        self._sweeping = False


def _is_quiet(fd: int) -> bool:
    """Tell whether nothing was received: neither an end nor bytes that nobody asked for."""
    try:
        os.read(fd, 1)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False
