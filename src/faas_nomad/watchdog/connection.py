"""One client connection: its requests one after the other, each answered or cut."""

from __future__ import annotations

import socket
from collections.abc import Callable

from .call import Call, Handler
from .client import Client
from .errors import ClientGoneError, FunctionGoneError, HttpError, TooLateError, TruncatedError
from .logs import log
from .loop import Loop
from .replies import INTERNAL, plain_answer, status_of
from .request import Request


class Connection:
    """Has `handler` answer the calls of one `client`."""

    def __init__(
        self,
        sock: socket.socket,
        loop: Loop,
        handler: Handler,
        timeouts_s: tuple[float, float],
        stopping: Callable[[], bool],
    ) -> None:
        """Take over `sock`; `timeouts_s` are for reading a request and writing its answer."""
        self.client = Client(sock, timeouts_s, stopping)
        self._loop = loop
        self._handler = handler

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
            self.client.close(self._loop)

    async def _serve_one(self) -> bool:
        """Answer one request; tell whether another may follow."""
        try:
            text = await self.client.read_head()
            if text is None:
                return False
            call = Call(self.client, Request(text), self.client.limits())
        except (HttpError, TooLateError) as err:
            status = err.status if isinstance(err, HttpError) else 408
            closes = [("Connection", "close")]
            await self.client.write(plain_answer(status, f"{err}\n", closes))
            await self.client.linger()
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
            await call.reply(status_of(err), f"{err}\n", [INTERNAL])
        if call.exchange:
            self.client.buffer += call.exchange.spare
            call.must_close |= not call.is_read()
        if not call.closing():
            return True
        if call.must_close:
            await self.client.linger()
        return False

    def _cut(self, call: Call, err: Exception) -> bool:
        """End the connection in the middle of an answer so that the client cannot miss it."""
        log(f"{call.request.method} {call.request.path} - cut after {call.size} bytes: {err}")
        if call.request.version == "HTTP/1.0":  # to it a plain close would be a whole answer
            self.client.close_by_reset()
        return False
