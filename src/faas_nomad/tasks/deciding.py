"""The rounds of scaling by itself: every instance looks at its counters, one of them decides."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Never

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.state.activity import Activity, Figures
from faas_nomad.state.functions import Functions
from faas_nomad.tasks.lease import Lease

log = structlog.get_logger()

LOOK_EVERY_S = 1.0

FiguresOf = Callable[[str], Figures]
"""Gives a function's counters in this instance, by `NAME.NAMESPACE`."""
Decide = Callable[[], Awaitable[None]]
"""One thing that is decided on. Raises: BackendError."""


class Deciding:
    """`run` never returns; `deciders` act while this instance holds the lease."""

    def __init__(
        self,
        functions: Functions,
        activity: Activity,
        lease: Lease,
        figures_of: FiguresOf,
        deciders: tuple[Decide, ...],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._functions = functions
        self._activity = activity
        self._lease = lease
        self._figures_of = figures_of
        self._deciders = deciders
        self._now_s = now_s
        self._fault = ""

    async def run(self) -> Never:
        """Look and decide for ever."""
        while True:
            self._activity.look(self._present(), self._now_s())
            if self._lease.is_held:
                await self._decide()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _decide(self) -> None:
        try:
            for decide in self._deciders:
                await decide()
            self._fault = ""
        except BackendError as err:
            if str(err) != self._fault:
                log.warning("scaling could not be decided on", why=str(err))
            self._fault = str(err)

    def _present(self) -> Iterator[tuple[str, Figures, int]]:
        for key, job in self._functions.picture.jobs.items():
            name = self._functions.function_name(key)
            yield name, self._figures_of(name), job.count
