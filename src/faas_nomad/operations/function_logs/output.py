"""One output of one replica, followed until the replica has ended and all of it was read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from typing import Protocol

from faas_nomad.clients.errors import BackendError, NotFoundError
from faas_nomad.clients.nomad_logs import FULL_FRAME_BYTES, Output
from faas_nomad.translate.log_lines import LineSplitter, without_partial_line

FIRST_PAUSE_S = 0.25
MAX_PAUSE_S = 5.0
OVERLAP_BYTES = 262_144
"""Read again after a broken connection, to find where it broke."""
MARK_BYTES = 1_024
"""The last bytes that were read, by which the place is found."""
MAX_BEHIND_BYTES = 4 << 20
SILENT_HEARTBEATS = 2
"""Heartbeats without data after a replica's end: Nomad looks at files every quarter second."""


class LogSource(Protocol):
    """Where outputs are read; `clients.nomad_logs.NomadLogs`."""

    def in_region(self, region: str) -> "LogSource":
        """Return the source for another region's replicas; "" is the own one."""
        ...

    async def read(self, alloc_id: str, output: Output, newest_bytes: int) -> bytes:
        """Return the end of what there is now."""
        ...

    def follow(
        self, alloc_id: str, output: Output, newest_bytes: int
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Give that, and what is written from now on; b"" every second."""
        ...


class OutputListener(Protocol):
    """Who is told what is read of an output."""

    def took(self, lines: list[bytes], *, is_history: bool) -> None:
        """Take whole lines; a history was written at any time before now."""
        ...

    def is_missing(self, reason: str) -> None:
        """It cannot be read at the moment, or something between two lines is missing."""
        ...

    def is_read_again(self) -> None:
        """It can be read, for the first time or again."""
        ...


class FollowedOutput:
    """Follows one output; `run` returns when the replica has ended and all was read."""

    def __init__(
        self,
        source: LogSource,
        alloc_id: str,
        output: Output,
        listener: OutputListener,
        *,
        history_bytes: int,
        line_bytes: int,
    ) -> None:
        self._source = source
        self._alloc_id = alloc_id
        self._output: Output = output
        self._listener = listener
        self._history_bytes = history_bytes
        self._splitter = LineSplitter(line_bytes)
        self._mark = b""
        self._is_begun = False
        self._has_ended = False
        self._woken = asyncio.Event()
        self.caught_up = asyncio.Event()
        """Set once what was there at the beginning has been read, or cannot be."""

    def replica_changed(self, *, has_ended: bool) -> None:
        """Nomad told something of the replica: what could not be read may be there now."""
        self._has_ended = self._has_ended or has_ended
        self._woken.set()

    async def run(self) -> None:
        """Read until the end, over broken connections."""
        pause_s = FIRST_PAUSE_S
        while True:
            is_last_try = self._has_ended
            try:
                await self._follow()
                pause_s = FIRST_PAUSE_S
            except NotFoundError:
                if is_last_try:
                    return self._end()  # it never wrote, or Nomad has forgotten it
            except BackendError as err:
                self._listener.is_missing(str(err))
                if is_last_try:
                    return self._end()
            else:
                return self._end()
            self.caught_up.set()
            await self._pause(pause_s)
            pause_s = min(MAX_PAUSE_S, pause_s * 2)

    async def _pause(self, pause_s: float) -> None:
        self._woken.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._woken.wait()

    async def _follow(self) -> None:
        asked_bytes = OVERLAP_BYTES if self._is_begun else self._history_bytes
        behind: bytearray | None = bytearray()
        silent = 0
        async with self._source.follow(self._alloc_id, self._output, asked_bytes) as pieces:
            self._listener.is_read_again()
            async for data in pieces:
                silent = silent + 1 if self._has_ended and not data else 0
                if behind is None:
                    self._take(data)
                elif data or behind or not self._mark:  # else it has not read yet what we know of
                    behind += data
                    if len(data) < FULL_FRAME_BYTES or len(behind) > MAX_BEHIND_BYTES:
                        self._catch_up(bytes(behind), asked_bytes)
                        behind = None
                if silent >= SILENT_HEARTBEATS:
                    break
        await self._read_rest()

    async def _read_rest(self) -> None:
        """Read what a busy node wrote after it had fallen silent: the last lines of a process."""
        with suppress(BackendError):  # Nomad may have forgotten the replica by now
            data = await self._source.read(self._alloc_id, self._output, OVERLAP_BYTES)
            self._catch_up(data, OVERLAP_BYTES)

    def _catch_up(self, data: bytes, asked_bytes: int) -> None:
        if not self._is_begun:
            data = without_partial_line(data, asked_bytes)
        elif self._mark:
            found = data.rfind(self._mark)
            if found < 0:
                self._listener.is_missing("some lines between these may be missing")
                self._splitter.rest()
                data = without_partial_line(data, asked_bytes)
            else:
                data = data[found + len(self._mark) :]
        self._is_begun = True
        self._take(data, is_history=True)
        self.caught_up.set()

    def _take(self, data: bytes, *, is_history: bool = False) -> None:
        if not data:
            return
        self._mark = (
            (self._mark + data)[-MARK_BYTES:] if len(data) < MARK_BYTES else data[-MARK_BYTES:]
        )
        lines = self._splitter.take(data)
        if lines:
            self._listener.took(lines, is_history=is_history)

    def _end(self) -> None:
        self.caught_up.set()
        lines = self._splitter.rest()
        if lines:
            self._listener.took(lines, is_history=False)
