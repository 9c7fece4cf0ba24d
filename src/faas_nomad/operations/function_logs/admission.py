"""Who may read logs now: readers are counted, and refused beyond the bounds."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from faas_nomad.operations.function_logs.bounds import LogBounds, LogStats, TooManyLogsError
from faas_nomad.operations.function_logs.memory import give_back_memory

GIVE_BACK_AFTER_S = 1.0
"""From the last reader's leaving: then all that was kept for it is free."""
MANY_READERS = 50
"""Fewer at the same time leave too little behind to look for it."""


class Admission:
    """Lets readers in by `admitted`; when the last of many has left, memory is given back."""

    def __init__(self, bounds: LogBounds, stats: LogStats) -> None:
        self._bounds = bounds
        self._stats = stats
        self._most_readers = 0
        """At the same time, since memory was given back."""

    @contextmanager
    def admitted(self, functions_read: int, *, is_joining: bool) -> Iterator[None]:
        """Count one reader more while the block lasts.

        Args:
            functions_read: Of how many functions logs are read already.
            is_joining: Whether its function is among them.

        Raises:
            TooManyLogsError: A bound is reached.
        """
        self._refuse_beyond_bounds(functions_read, is_joining=is_joining)
        self._stats.readers += 1
        self._most_readers = max(self._most_readers, self._stats.readers)
        try:
            yield
        finally:
            self._stats.readers -= 1
            if not self._stats.readers and self._most_readers >= MANY_READERS:
                asyncio.get_running_loop().call_later(GIVE_BACK_AFTER_S, self._give_back)

    def _refuse_beyond_bounds(self, functions_read: int, *, is_joining: bool) -> None:
        bounds, readers = self._bounds, self._stats.readers
        if readers >= bounds.max_readers:
            self._refuse(f"{readers} readers, as many as max_log_readers allows")
        if not is_joining and functions_read >= bounds.max_functions:
            many = f"those of {functions_read} functions are read"
            self._refuse(f"{many}, as many as max_log_functions allows")

    def _refuse(self, why: str) -> None:
        self._stats.refused += 1
        raise TooManyLogsError(f"logs: {why}")

    def _give_back(self) -> None:
        if not self._stats.readers:
            self._most_readers = 0
            give_back_memory()
