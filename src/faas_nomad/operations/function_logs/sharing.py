"""What several readers share: made once, dropped when the last of them leaves."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from faas_nomad.operations.function_logs.stream import FunctionStream
from faas_nomad.state.records import JobKey


@dataclass
class _Held:
    opening: "asyncio.Task[FunctionStream]"
    readers: int = 0


class SharedStreams:
    """Streams by function; with `only_while_opening` nobody joins one that is complete."""

    def __init__(self, *, only_while_opening: bool) -> None:
        self._only_while_opening = only_while_opening
        self._held: dict[JobKey, _Held] = {}
        self.count = 0
        """Streams that somebody reads."""

    def find(self, key: JobKey) -> FunctionStream | None:
        """Return the function's stream, when it is open."""
        held = self._held.get(key)
        if held is None or not held.opening.done() or held.opening.cancelled():
            return None
        return None if held.opening.exception() else held.opening.result()

    def open_streams(self) -> list[FunctionStream]:
        """Return all that are open and can be joined."""
        found = [self.find(key) for key in self._held]
        return [stream for stream in found if stream is not None]

    def is_joinable(self, key: JobKey) -> bool:
        """Tell whether another reader of the function costs nothing more."""
        stream = self.find(key)
        return key in self._held and not (stream is not None and stream.is_over)

    @asynccontextmanager
    async def joined(
        self, key: JobKey, make: Coroutine[Any, Any, FunctionStream]
    ) -> AsyncIterator[FunctionStream]:
        """Give the function's stream, made by `make` if there is none to join."""
        if self.is_joinable(key):
            make.close()
            held = self._held[key]
        else:
            held = self._held[key] = _Held(asyncio.ensure_future(make))
            self.count += 1
            held.opening.add_done_callback(lambda task: self._opened(key, task))
        held.readers += 1
        try:
            stream = await asyncio.shield(held.opening)
            stream.readers = held.readers
            yield stream
        finally:
            held.readers -= 1
            if held.readers:
                _tell_readers(held)
            else:
                self._drop(key, held)

    def _opened(self, key: JobKey, task: "asyncio.Task[FunctionStream]") -> None:
        failed = task.cancelled() or task.exception() is not None
        if (failed or self._only_while_opening) and key in self._held:
            self._forget(key, task)

    def _drop(self, key: JobKey, held: _Held) -> None:
        self.count -= 1
        self._forget(key, held.opening)
        task = held.opening
        task.cancel()
        if task.done() and not task.cancelled() and task.exception() is None:
            task.result().close()

    def _forget(self, key: JobKey, task: "asyncio.Task[FunctionStream]") -> None:
        present = self._held.get(key)
        if present is not None and present.opening is task:
            del self._held[key]


def _tell_readers(held: _Held) -> None:
    task = held.opening
    if task.done() and not task.cancelled() and task.exception() is None:
        task.result().readers = held.readers
