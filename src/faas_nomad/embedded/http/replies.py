"""Queries, bodies and answers in the forms of Nomad's HTTP API.

Source: nomad `command/agent/http.go` (v1.11): errors are plain text; lists carry their index;
a query with `index` waits for a newer one, for at most 5 minutes.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from faas_nomad.embedded.decoding import Schema, decode
from faas_nomad.embedded.durations import parse_duration_s
from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.namespaces import DEFAULT

MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_WAIT_S = 300.0
ANY = "*"


def answer(data: Any, index: int | None = None) -> Response:
    """Return a JSON answer, with its index when it has one."""
    return JSONResponse(data, headers=index_headers(index))


def empty_answer(index: int) -> Response:
    """Return the empty 200 of a write without an answer."""
    return Response(headers={"X-Nomad-Index": str(index)})


def refusal(_request: Request, error: Exception) -> Response:
    """Return an ApiError as Nomad does: plain text."""
    status = error.status if isinstance(error, ApiError) else 500
    return PlainTextResponse(str(error), status)


def index_headers(index: int | None) -> dict[str, str] | None:
    """Return the headers of a read at an index."""
    if index is None:
        return None
    known = {"X-Nomad-KnownLeader": "true", "X-Nomad-LastContact": "0"}
    return {"X-Nomad-Index": str(index), **known}


def namespace_of(request: Request) -> str:
    """Return the query's namespace, `default` without one."""
    return request.query_params.get("namespace") or DEFAULT


def flag(request: Request, name: str, *, default: bool = False) -> bool:
    """Return a boolean of the query. Raises: ApiError 400 when it is none."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    if text not in ("true", "false", "1", "0"):
        raise ApiError(400, f'Failed to parse value of "{name}" ({text}) as a bool')
    return text in ("true", "1")


async def body_of(request: Request, schema: Schema) -> dict[str, Any]:
    """Return the posted object. Raises: ApiError 400 for a bad one, 413 for one over 8 MiB."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise ApiError(413, f"body of over {MAX_BODY_BYTES} bytes")
    return decode(bytes(body), schema)


async def wait_for_index(
    request: Request, engine: Engine, present_index: Callable[[], int]
) -> None:
    """Hold a blocking query until the index is newer than the caller's, or its wait is over.

    Raises:
        ApiError: 400 for an index or a wait that is none.
    """
    wanted, wait_s = _blocking(request)
    if wanted <= 0:
        return
    deadline_s = time.monotonic() + wait_s
    while present_index() <= wanted and not engine.closing.is_set():
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            return
        try:
            async with asyncio.timeout(left_s):
                await engine.wait_for_change()
        except TimeoutError:
            return


def _blocking(request: Request) -> tuple[int, float]:
    query = request.query_params
    text = query.get("index") or "0"
    if not text.isascii() or not text.isdigit():
        raise ApiError(400, "Invalid index")
    try:
        wait_s = parse_duration_s(query["wait"]) if query.get("wait") else MAX_WAIT_S
    except ValueError as err:
        raise ApiError(400, "Invalid wait time") from err
    return int(text), min(wait_s or MAX_WAIT_S, MAX_WAIT_S)
