"""Nomad's event stream as batches of events.

Source: nomad `command/agent/event_endpoint.go`: one JSON object a line, `{}` as a heartbeat at
once and about every 30 s; the buffer behind it is short and in memory, so a gap is possible
after every reconnect and nothing marks it.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx

from faas_nomad.clients.answers import error_for, one_line
from faas_nomad.clients.errors import BackendError, UnexpectedReplyError, UnreachableError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.shapes import Shape
from faas_nomad.clients.streams import Wanted, open_stream
from faas_nomad.clients.whole_answers import json_value
from faas_nomad.model.nomad import Event
from faas_nomad.model.nomad_events import Batch
from faas_nomad.translate.nomad_rights import right_for

OPEN_WITHIN_S = 10.0
SILENCE_S = 75.0
"""Two and a half heartbeats; a longer silence is a dead connection."""
WHOSE = "Nomad's event stream"
MAX_LINE_BYTES = 64 * 1024 * 1024
"""A batch carries whole jobs of up to 1 MiB; a line beyond this is no event stream."""
_BATCH: Shape[dict[str, Any]] = Shape(Batch)
_PATH = "/v1/event/stream"
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
    wanted = Wanted(_PATH, params, WHOSE, OPEN_WITHIN_S, SILENCE_S)
    async with open_stream(backend, wanted, partial(_refusal, namespace)) as response:
        yield _batches(response)


def _refusal(namespace: str, status: int, text: str) -> BackendError:
    """Return what a refusal means: before 1.9.6 a lacking right is a 500."""
    status = 403 if "Permission denied" in text else status
    right = right_for("GET", _PATH, {"namespace": namespace})
    return error_for(status, f"{WHOSE}: {one_line(text)}", right)


async def _batches(response: httpx.Response) -> AsyncIterator[list[Event]]:
    pending, begun_s = bytearray(), time.monotonic()
    async for piece in response.aiter_raw():
        *ends, rest = piece.split(b"\n")
        for end in ends:
            pending += end
            if pending.strip():
                yield _events(bytes(pending))
            pending.clear()
        pending += rest
        begun_s = time.monotonic() if ends else begun_s
        if len(pending) > MAX_LINE_BYTES or time.monotonic() - begun_s > SILENCE_S:
            raise UnexpectedReplyError(f"{WHOSE} gave {len(pending)} bytes and no end of a line")
    raise UnreachableError(f"{WHOSE} ended")


def _events(line: bytes) -> list[Event]:
    try:
        return _BATCH.of(json_value(line, WHOSE), WHOSE).get("Events") or []
    except UnexpectedReplyError as err:
        raise UnreachableError(f"{err}: {one_line(repr(line[:200]))}") from err
