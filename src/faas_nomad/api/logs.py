"""`/system/logs`: a function's logs as NDJSON, once or followed.

It stands before the web framework, not in it: hundreds may follow for hours, and what the
framework keeps for a request while it lasts is three times what the reader itself takes.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from faas_nomad.api.auth import is_authorized
from faas_nomad.api.errors import answer_for, unauthorized
from faas_nomad.api.functions import find_namespace, not_found
from faas_nomad.api.services import Services
from faas_nomad.state.records import JobKey
from faas_nomad.translate.log_query import LogQuery, log_query

PATH = "/system/logs"
_HEAD = [(b"content-type", b"application/x-ndjson")]


class LogsFirst:
    """ASGI application: logs itself, everything else by `app`."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["type"] != "http" or scope["path"] != PATH:
            return await self._app(scope, receive, send)
        started_s = self._services.now_s()
        status = 500
        try:
            status = await self._answer(scope, receive, send)
        finally:
            took_s = self._services.now_s() - started_s
            self._services.calls.count(str(status), scope["method"], PATH, took_s)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Return the status that was sent."""
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return refusal.status_code
        try:
            query = log_query(dict(parse_qsl(scope["query_string"].decode("latin-1"))))
            reading = self._services.logs.reading(self._key(query), query)
            async with reading as pieces:
                await _until_left(receive, _send_all(pieces, send))
        except Exception as err:
            answer = answer_for(err)
            if answer is None:
                raise
            await answer(scope, receive, send)
            return answer.status_code
        return 200

    def _refusal(self, scope: Scope) -> Response | None:
        wanted = self._services.basic_auth
        if scope["method"] != "GET":
            return Response(status_code=405)
        given = Headers(scope=scope).get("authorization", "")
        return unauthorized() if wanted and not is_authorized(given, wanted) else None

    def _key(self, query: LogQuery) -> JobKey:
        services = self._services
        namespace = find_namespace(services, query.namespace)
        key = services.functions.directory.key_of_service(query.name, namespace)
        if services.functions.find(key) is None:
            raise not_found(services, query.name)
        return key


async def _send_all(pieces: AsyncIterator[bytes], send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        piece = b""  # it is not held until the next one comes
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_left(receive: Receive, sending: Coroutine[Any, Any, None]) -> None:
    """Do `sending` to its end, or until the caller leaves."""
    task = asyncio.ensure_future(sending)
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
