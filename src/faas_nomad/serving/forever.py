"""The tasks that run as long as the service does: if one ends, so does the service."""

import asyncio
import signal
from collections.abc import Coroutine, Iterable
from typing import Any, Never

CANCEL_AGAIN_S = 1.0


class ForeverTasks:
    """Started here, watched here, and cancelled in the end."""

    def __init__(self, server: "asyncio.Future[Any]") -> None:
        """Watch `server` too, which somebody else stops."""
        self._server = server
        self._tasks: list[asyncio.Future[Never]] = []

    def start(self, tasks: Iterable[Coroutine[Any, Any, Never]]) -> None:
        """Run these from now on."""
        self._tasks += [asyncio.ensure_future(task) for task in tasks]

    async def until_told_to_stop(self) -> None:
        """Wait for SIGTERM or SIGINT, or until a task has died."""
        stopped = asyncio.ensure_future(_stop_signal())
        await asyncio.wait(
            [stopped, self._server, *self._tasks], return_when=asyncio.FIRST_COMPLETED
        )
        stopped.cancel()

    def ended(self) -> "list[asyncio.Future[Any]]":
        """Return those that run no more."""
        return [task for task in (self._server, *self._tasks) if task.done()]

    async def cancel(self, again_s: float = CANCEL_AGAIN_S) -> None:
        """End all, whatever they have died of.

        A task can lose a cancellation, where a library takes it for a time limit of its own.
        """
        pending = {task for task in self._tasks if not task.done()}
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=again_s)
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _stop_signal() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
