"""Nomad's event stream as batches of events.

Source: nomad `command/agent/event_endpoint.go`: one JSON object a line, `{}` as a heartbeat at
once and about every 30 s; the buffer behind it is short and in memory, so a gap is possible
after every reconnect and nothing marks it.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from faas_nomad.clients.answers import error_for, one_line
from faas_nomad.clients.errors import UnexpectedReplyError, UnreachableError
from faas_nomad.clients.http import Backend
from faas_nomad.model.nomad import Event
from faas_nomad.translate.nomad_rights import right_for

SILENCE_S = 75.0
"""Two and a half heartbeats; a longer silence is a dead connection."""
MAX_LINE_BYTES = 64 * 1024 * 1024
"""A batch carries whole jobs of up to 1 MiB; a line beyond this is no event stream."""
_TOPICS = (
    ("topic", "Job:*"),
    ("topic", "Allocation:*"),
    ("topic", "Deployment:*"),
    ("topic", "Evaluation:*"),
)


@asynccontextmanager
async def open_event_stream(
    backend: Backend, namespace: str, region: str = ""
) -> AsyncIterator[AsyncIterator[list[Event]]]:
    """Open the stream and give an iterator over its batches; a heartbeat is an empty batch.

    The stream begins with what the server's buffer still has, so the reader drops what it knows.

    Raises:
        UnreachableError: It could not be opened, or broke, or fell silent.
        DeniedError: The token may not read jobs in `namespace`.
    """
    params = httpx.QueryParams([*_TOPICS, ("namespace", namespace)])
    if region:
        params = params.add("region", region)
    headers = {**backend.auth_headers(), "Accept-Encoding": "identity"}
    timeout = httpx.Timeout(10.0, read=SILENCE_S)
    try:
        async with backend.client.stream(
            "GET",
            "/v1/event/stream",
            params=params,
            headers=headers,
            timeout=timeout,
            extensions=backend.extensions,
        ) as response:
            if not response.is_success:
                text = one_line((await response.aread()).decode(errors="replace"))
                right = right_for("GET", "/v1/event/stream", {"namespace": namespace})
                raise error_for(_status(response, text), f"Nomad's event stream: {text}", right)
            yield _batches(response)
    except (httpx.TransportError, OSError) as err:
        raise UnreachableError(f"Nomad's event stream broke: {type(err).__name__} {err}") from err


def _status(response: httpx.Response, text: str) -> int:
    """Return what the refusal's status ought to be: before 1.9.6 a lacking right is a 500."""
    return 403 if "Permission denied" in text else response.status_code


async def _batches(response: httpx.Response) -> AsyncIterator[list[Event]]:
    pending = bytearray()
    async for piece in response.aiter_raw():
        *ends, rest = piece.split(b"\n")
        for end in ends:
            pending += end
            if pending.strip():
                yield _events(bytes(pending))
            pending.clear()
        pending += rest
        if len(pending) > MAX_LINE_BYTES:
            raise UnexpectedReplyError(f"an event of over {MAX_LINE_BYTES} bytes")
    raise UnreachableError("Nomad's event stream ended")


def _events(line: bytes) -> list[Event]:
    said = f"Nomad's event stream said: {one_line(repr(line[:200]))}"
    try:
        batch: Any = json.loads(line)
    except ValueError as err:
        raise UnreachableError(said) from err
    found = batch.get("Events") or [] if isinstance(batch, dict) else None
    if not isinstance(found, list):
        raise UnreachableError(said)
    return found
