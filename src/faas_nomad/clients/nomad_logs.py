"""Nomad's task outputs as bytes, read once or followed.

Source: nomad `client/fs_endpoint.go`, `client/lib/streamframer` (v1.11): a followed output is JSON
objects with nothing between them, cut anywhere, and `{}` every second. It never ends, not even
with its task. Their offsets do not say where their bytes were, so what was missed while a
connection was broken is found by its bytes. An error in the middle is plain text behind the
frames.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

import httpx

from faas_nomad.clients.answers import error_for, one_line, reason_text
from faas_nomad.clients.errors import (
    BackendError,
    NotFoundError,
    UnexpectedReplyError,
    UnreachableError,
)
from faas_nomad.clients.http import Backend
from faas_nomad.clients.shapes import Shape
from faas_nomad.clients.streams import Wanted, open_stream
from faas_nomad.clients.whole_answers import json_value
from faas_nomad.model.nomad_clients import LogFrame

TASK = "fn"
FULL_FRAME_BYTES = 65_536
"""Frames of this size come while there is more to read at once; a smaller one is the end of it."""
SILENCE_S = 10.0
"""Ten heartbeats; a longer silence is a dead connection or node."""
MAX_FRAME_BYTES = 1 << 20
RIGHT = 'the capability "read-logs" in the namespace of the function'
"""What a refusal means: the call names an allocation and no namespace."""
OPEN_WITHIN_S = 10.0
READ_WITHIN_S = 30.0
"""Of what there is now, some MB: what is still being sent then has no end."""
WHOSE = "Nomad's log stream"

_FRAME: Shape[LogFrame] = Shape(LogFrame)

Output = Literal["stdout", "stderr"]
OUTPUTS: tuple[Output, ...] = ("stdout", "stderr")


class NotStartedError(NotFoundError):
    """The task has not started yet, or has written nothing: there is no log so far."""


@dataclass
class FrameDecoder:
    """Takes bytes, gives the frames' data; b"" stands for a frame without any."""

    _held: str = ""

    def take(self, piece: bytes) -> list[bytes]:
        """Return the data of the frames that `piece` completes. Raises: UnreachableError."""
        # Frames are ASCII: their data is base64, names are ours.
        text = self._held + piece.decode("ascii", "replace")
        found, at = [], 0
        while (end := text.find("}", at)) >= 0:
            found.append(_data(text[at : end + 1]))
            at = end + 1
        self._held = text[at:].lstrip()
        if len(self._held) > MAX_FRAME_BYTES:
            raise UnreachableError(f"{WHOSE} said: {one_line(self._held[:200])}")
        return found

    def check_end(self) -> None:
        """Tell what stands behind the last frame. Raises: UnreachableError."""
        said = one_line(self._held)
        raise UnreachableError(f"{WHOSE} ended{': ' + said if said else ''}")


class NomadLogs:
    """Reads outputs; every read or followed one holds a connection of the backend's pool."""

    def __init__(
        self, backend: Backend, *, region: str = "", all_regions: "NomadLogs | None" = None
    ) -> None:
        self.backend = backend
        self._region = {"region": region} if region else {}
        self._all = all_regions or self
        self.connections = 0
        """Open now, in all regions that were made from this one."""

    def in_region(self, region: str) -> "NomadLogs":
        """Return those of another region's replicas; "" is the own one."""
        return NomadLogs(self.backend, region=region, all_regions=self._all) if region else self

    async def read(self, alloc_id: str, output: Output, newest_bytes: int) -> bytes:
        """Return the end of what there is now. Raises: NotStartedError, BackendError."""
        async with self._open(alloc_id, output, newest_bytes, follow=False) as response:
            async with asyncio.timeout(READ_WITHIN_S):
                return await _newest(response, newest_bytes)

    @asynccontextmanager
    async def follow(
        self, alloc_id: str, output: Output, newest_bytes: int
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give what is written from now on, behind the end of what there is; b"" every second.

        Raises (also while it is read): NotStartedError, BackendError.
        """
        async with self._open(alloc_id, output, newest_bytes, follow=True) as response:
            yield _frames(response)

    @asynccontextmanager
    async def _open(
        self, alloc_id: str, output: Output, newest_bytes: int, *, follow: bool
    ) -> AsyncIterator[httpx.Response]:
        params = httpx.QueryParams(
            {
                **self._region,
                "task": TASK,
                "type": output,
                "origin": "end",
                "offset": newest_bytes,
                "follow": "true" if follow else "false",
                "plain": "false" if follow else "true",
            }
        )
        path = f"/v1/client/fs/logs/{quote(alloc_id, safe='')}"
        wanted = Wanted(path, params, WHOSE, OPEN_WITHIN_S, SILENCE_S)
        self._all.connections += 1
        try:
            async with open_stream(self.backend, wanted, _refusal) as response:
                yield response
        finally:
            self._all.connections -= 1


async def _newest(response: httpx.Response, newest_bytes: int) -> bytes:
    kept = bytearray()
    async for piece in response.aiter_raw():
        kept += piece
        if len(kept) > 2 * newest_bytes + FULL_FRAME_BYTES:
            del kept[:-newest_bytes]  # it grows faster than it is read
    return bytes(kept)


def _refusal(status: int, body: str) -> BackendError:
    text = reason_text(body)
    folded = text.lower()
    if status == 404 and "no path to node" in folded:
        return UnreachableError(text)
    if status in (400, 404) and ("task" in folded or "log" in folded):
        return NotStartedError(text)
    return error_for(status, text, RIGHT)


async def _frames(response: httpx.Response) -> AsyncIterator[bytes]:
    decoder = FrameDecoder()
    async for piece in response.aiter_raw():
        for data in decoder.take(piece):
            yield data
    decoder.check_end()


def _data(frame: str) -> bytes:
    try:
        data = _FRAME.of(json_value(frame.encode(), WHOSE), WHOSE).get("Data")
        return base64.b64decode(data or "", validate=True)
    except (UnexpectedReplyError, ValueError) as err:
        raise UnreachableError(f"{WHOSE} said: {one_line(frame[:200])}") from err
