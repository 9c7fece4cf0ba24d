"""Asks Nomad about functions that are not ready and of which no event told why.

Events tell at once. They are missed while Nomad is away, and what happened before this service
started may be behind the end of the server's buffer.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Never, Protocol

import structlog

from faas_nomad.clients.errors import BackendError, expected
from faas_nomad.model.nomad import Allocation
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey

log = structlog.get_logger()

LOOK_EVERY_S = 3.0
FIRST_PAUSE_S = 3.0
MAX_PAUSE_S = 60.0
MAX_ASKED_A_LOOK = 20
"""Two short calls each; those beyond have their turn in the next look."""


class AsksNomad(Protocol):
    """The part of `clients.nomad.NomadClient` that is used here."""

    def in_region(self, region: str) -> "AsksNomad":
        """Return the same for another region; "" is the own one."""
        ...

    async def job_allocations(self, job_id: str, namespace: str) -> list[Allocation]:
        """Return all allocations of one job that Nomad still has."""
        ...

    async def job_evaluations(self, job_id: str, namespace: str) -> list[dict[str, Any]]:
        """Return the evaluations of one job that Nomad still has."""
        ...


class TroubleFinder:
    """`run` never returns; while a function stays silent it is asked about ever more seldom."""

    def __init__(
        self,
        nomad: AsksNomad,
        functions: Functions,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._nomad = nomad
        self._functions = functions
        self._now_s = now_s
        self._sleep = sleep
        self._due: dict[JobKey, tuple[float, float]] = {}
        """When to ask about a function, and the pause after that."""

    async def run(self) -> Never:
        """Look for ever."""
        while True:
            await self._sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Ask about those whose turn it is; of a region that is away, about the first only."""
        away: set[str] = set()
        for key in self._whose_turn():
            if key.region in away:
                continue
            nomad = self._nomad.in_region(key.region)
            try:
                allocations = await nomad.job_allocations(key.job_id, key.namespace)
                evaluations = await nomad.job_evaluations(key.job_id, key.namespace)
                with expected("what Nomad tells of a job"):
                    self._functions.learn_troubles(allocations, evaluations, key.region)
            except BackendError as err:
                log.debug("a function's troubles cannot be asked for", job=key, reason=str(err))
                away.add(key.region)

    def _whose_turn(self) -> list[JobKey]:
        now_s = self._now_s()
        silent = self._silent()
        self._due = {key: due for key, due in self._due.items() if key in silent}
        for key in silent:
            self._due.setdefault(key, (now_s + FIRST_PAUSE_S, FIRST_PAUSE_S))
        turns = [key for key, (due_s, _) in self._due.items() if due_s <= now_s][:MAX_ASKED_A_LOOK]
        for key in turns:
            pause_s = min(MAX_PAUSE_S, self._due[key][1] * 2)
            self._due[key] = (now_s + pause_s, pause_s)
        return turns

    def _silent(self) -> set[JobKey]:
        functions = self._functions
        found = (key for key in functions.picture.jobs if key.region not in functions.away)
        return {
            key
            for key in found
            if not functions.troubles.find(key) and not functions.standing.is_ready(key)
        }
