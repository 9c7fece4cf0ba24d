"""Answers that are read piece by piece, opened within a time limit, refusals and all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from faas_nomad.clients.answers import one_line
from faas_nomad.clients.errors import BackendError, UnreachableError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.whole_answers import bounded_body

SLACK_S = 1.0
"""So that httpx, which says what it waited for, is heard first."""

Refused = Callable[[int, str], BackendError]
"""Gives the error that a refusal is, by its status and text."""


@dataclass(frozen=True)
class Wanted:
    """A stream, what to call it in errors, and its time limits."""

    path: str
    params: httpx.QueryParams
    name: str
    open_within_s: float
    silence_s: float


@asynccontextmanager
async def open_stream(
    backend: Backend, wanted: Wanted, refused: Refused
) -> AsyncIterator[httpx.Response]:
    """Give the successful answer, unread; it ends with the block.

    Raises:
        UnreachableError: It could not be opened, or broke, or fell silent.
        BackendError: What `refused` gives.
    """
    try:
        async with asyncio.timeout(wanted.open_within_s + SLACK_S):
            response = await _opened(backend, wanted, refused)
        try:
            yield response
        finally:
            await response.aclose()
    except httpx.PoolTimeout:
        raise UnreachableError(f"{wanted.name}: all connections are in use") from None
    except (httpx.RequestError, OSError) as err:
        said = f"{type(err).__name__} {one_line(str(err))}".rstrip()
        raise UnreachableError(f"{wanted.name} broke: {said}") from err


async def _opened(backend: Backend, wanted: Wanted, refused: Refused) -> httpx.Response:
    request = backend.client.build_request(
        "GET",
        wanted.path,
        params=wanted.params,
        headers={**backend.auth_headers(), "Accept-Encoding": "identity"},
        timeout=httpx.Timeout(wanted.open_within_s, read=wanted.silence_s),
        extensions=backend.extensions,
    )
    response = await backend.client.send(request, stream=True)
    if response.is_success:
        return response
    try:
        text = (await bounded_body(response, wanted.name)).decode(errors="replace")
    finally:
        await response.aclose()
    raise refused(response.status_code, text)
