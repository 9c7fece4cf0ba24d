"""The http mode's requests: proxied to the server that the function is, over kept connections."""

from __future__ import annotations

from .bodies import Decoder, Rechunked
from .call import BUFFER_LIMIT, Call
from .config import Config, duration_s
from .errors import FunctionGoneError, TruncatedError
from .exchange import Exchange
from .function_answer import Answer
from .head import HOP_BY_HOP, head_bytes
from .kept import KeptConnections
from .loop import NEVER, Loop
from .request import Request
from .sockets import Address, connect

IDEMPOTENT = ("GET", "HEAD", "OPTIONS")
NOT_FOR_THE_FUNCTION = HOP_BY_HOP | {"content-length", "expect"}


class Upstream:
    """Answers calls by the server at `address`, whose paths begin with `prefix`."""

    def __init__(self, config: Config, loop: Loop, address: Address, prefix: str) -> None:
        self._config = config
        self._loop = loop
        self._address = address
        self._prefix = prefix
        self._kept = KeptConnections(loop)

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
        fd = self._kept.take() if reuse else -1
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
            self._kept.put(fd) if keep else self._kept.close(fd)
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
