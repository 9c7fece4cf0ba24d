"""One line in the log for every call that changes something or fails, and an id in all its lines.

The id is the caller's `X-Call-Id`, or a new one, and goes back with the answer; the trace is that
of a W3C `traceparent`. Source of its form: https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

MAX_SHOWN = 200
"""Characters of a path."""
_ID = re.compile(rb"[A-Za-z0-9._:+/=-]{1,128}")
_TRACE = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_READS = ("GET", "HEAD")
_NO_TRACE = b"0" * 32
_PROBES = ("/healthz", "/readyz")
"""Asked every second: not to be ready is an answer, and what makes it so is logged."""


class LoggedCalls:
    """ASGI middleware around the application."""

    def __init__(self, app: ASGIApp, now_s: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._now_s = now_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call; all that is logged meanwhile bears its ids."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started_s, status = self._now_s(), 500
        ids = ids_of(scope["headers"])

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-call-id", ids["call_id"].encode()))
            await send(message)

        with structlog.contextvars.bound_contextvars(**ids):
            try:
                await self._app(scope, receive, answer)
            except Exception:
                log.exception("a call failed", **_told(scope, 500, self._now_s() - started_s))
                raise
            _say(scope, status, self._now_s() - started_s)


def ids_of(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the call's id and its trace's, if it has one; what is of no known form is not kept."""
    found = dict(headers)
    given, trace = found.get(b"x-call-id", b""), _TRACE.fullmatch(found.get(b"traceparent", b""))
    ids = {"call_id": given.decode() if _ID.fullmatch(given) else str(uuid4())}
    if trace and trace[1] != _NO_TRACE:
        ids["trace_id"] = trace[1].decode()
    return ids


def _say(scope: Scope, status: int, took_s: float) -> None:
    told = _told(scope, status, took_s)
    if status >= 500 and scope["path"] not in _PROBES:
        log.warning("call", **told, **_why(scope))
    elif scope["method"] in _READS:
        log.debug("call", **told)
    else:
        log.info("call", **told)


def _why(scope: Scope) -> dict[str, str]:
    """Return what the caller was told of an error."""
    why = scope.get("state", {}).get("why")
    return {"why": why} if why else {}


def _told(scope: Scope, status: int, took_s: float) -> dict[str, object]:
    path = scope.get("raw_path") or scope["path"].encode()
    shown = path.decode("ascii", errors="replace")[:MAX_SHOWN]
    return {
        "method": scope["method"],
        "path": shown,
        "status": status,
        "took_ms": round(took_s * 1000, 1),
    }
