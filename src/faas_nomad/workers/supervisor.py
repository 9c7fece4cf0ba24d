"""Keeps N workers running: one that ends is followed by another, never by two."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Never

import structlog

log = structlog.get_logger()

FIRST_PAUSE_S = 0.1
MAX_PAUSE_S = 5.0
STEADY_AFTER_S = 30.0
"""A worker that lived this long is replaced at once: its end was an accident, not a habit."""

RunWorker = Callable[[int], Awaitable[str]]
"""Runs the worker of that number from its start until it is reaped; returns how it ended.

Raises: OSError when it cannot be started, as without memory or descriptors.
"""


def pause_after(last_pause_s: float, lived_s: float) -> float:
    """Return how long to wait before a worker is replaced that lived for `lived_s`."""
    if lived_s >= STEADY_AFTER_S:
        return 0.0
    return min(MAX_PAUSE_S, last_pause_s * 2) if last_pause_s else FIRST_PAUSE_S


class Supervisor:
    """See the module; `run` never returns, `restarts` counts the replacements."""

    def __init__(
        self,
        count: int,
        run_worker: RunWorker,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.restarts = 0
        self._count = count
        self._run_worker = run_worker
        self._now_s = now_s
        self._sleep = sleep
        self._stopping = False

    async def run(self) -> Never:
        """Keep all workers running; cancelled, it cancels them."""
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(self._keep(number)) for number in range(self._count)]
        raise AssertionError(f"{len(keepers)} keepers ended")

    def stop(self) -> None:
        """Replace none that ends from now on."""
        self._stopping = True

    async def _keep(self, number: int) -> Never:
        pause_s = 0.0
        while True:
            started_s = self._now_s()
            ended = await self._run(number)
            await self._wait_if_stopping()
            pause_s = pause_after(pause_s, self._now_s() - started_s)
            log.error("a worker ended, another follows", number=number, how=ended, after_s=pause_s)
            await self._sleep(pause_s)
            await self._wait_if_stopping()
            self.restarts += 1

    async def _run(self, number: int) -> str:
        try:
            return await self._run_worker(number)
        except OSError as err:
            return f"not started: {err}"

    async def _wait_if_stopping(self) -> None:
        """Wait for ever: what is stopped waits to be cancelled."""
        if self._stopping:
            await asyncio.get_running_loop().create_future()
