"""Finds new replicas ready by probing them, and those again that refused callers.

Nomad says «running» before the process listens, and its own verdict waits for MinHealthyTime; a
probe every few milliseconds finds a replica within about one of listening.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Never, Protocol

import structlog

from faas_nomad.clients.probe import PROBE_TIMEOUT_S, Probe, answers
from faas_nomad.model.nomad import AllocID
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import AllocationRecord, JobKey, JobRecord

log = structlog.get_logger()

MIN_PAUSE_S = 0.01
MAX_PAUSE_S = 0.5
PAUSE_SHARE = 0.04
"""Of the wait so far: a start is noticed that much late, however long it takes."""
MAX_PROBES_AT_ONCE = 64
"""Of replicas that answer or refuse soon, and as many of those that did not."""
SOON_S = PROBE_TIMEOUT_S
"""So long does a replica's first probe take at most, and the next ones while all go well."""


class Ask(Protocol):
    """Asks a replica once; `clients.probe.answers`."""

    def __call__(
        self, host: str, port: int, probe: Probe, mesh_service: str = ""
    ) -> Awaitable[bool]:
        """Return whether it is ready."""
        ...


def next_pause_s(waited_s: float, probe: Probe) -> float:
    """Return the pause before the next probe of a replica that was waited for for `waited_s`.

    It is what the function asked for, or grows with the wait, from 10 ms up to half a second.
    """
    if waited_s < probe.first_after_s:
        return probe.first_after_s - waited_s
    if probe.every_s is not None:
        return max(MIN_PAUSE_S, probe.every_s)
    return min(MAX_PAUSE_S, max(MIN_PAUSE_S, waited_s * PAUSE_SHARE))


class Readiness:
    """Probes what `functions` has alive and not known to answer; `run` never returns."""

    def __init__(
        self,
        functions: Functions,
        probe_of: Callable[[JobRecord], Probe],
        ask: Ask = answers,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now_s = now_s
        self._functions = functions
        self._probe_of = probe_of
        self._ask = ask
        self._sleep = sleep
        self._probing: dict[AllocID, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(MAX_PROBES_AT_ONCE)
        self._turns_of_late = asyncio.Semaphore(MAX_PROBES_AT_ONCE)
        self._failure: asyncio.Future[Never] | None = None
        functions.listeners.append(self.look)

    @property
    def probing(self) -> int:
        """How many replicas are being probed."""
        return len(self._probing)

    async def run(self) -> Never:
        """Wait for ever; what goes wrong in a probe is raised here."""
        self._failure = asyncio.get_running_loop().create_future()
        try:
            while True:
                await self._failure
        finally:
            for task in self._probing.values():
                task.cancel()

    def look(self, key: JobKey) -> None:
        """Start probing the job's replicas that are not known to answer."""
        for alloc in self._functions.ready_replicas.unprobed(key):
            if alloc.id not in self._probing:
                task = asyncio.ensure_future(self._until_ready(key, alloc))
                self._probing[alloc.id] = task
                task.add_done_callback(partial(self._ended, key, alloc.id))

    def refused(self, alloc_id: str) -> None:
        """A caller could not reach the replica: leave it out until a probe finds it answering."""
        key = self._functions.live_replicas.owner(AllocID(alloc_id))
        if key is not None:
            self._functions.mark_unready(key, AllocID(alloc_id))

    async def _until_ready(self, key: JobKey, alloc: AllocationRecord) -> None:
        status, since_s, successes = alloc.client_status, self._now_s(), 0
        is_late = False
        while (present := self._wanted(key, alloc.id)) and (job := self._functions.find(key)):
            if present.client_status != status:  # it has started: look closely again
                status, since_s = present.client_status, self._now_s()
            probe, waited_s = self._probe_of(job), self._now_s() - since_s
            if waited_s >= probe.first_after_s and _can_tell(present, probe):
                is_up, is_late = await self._asked(present, probe, is_late=is_late)
                successes = successes + 1 if is_up else 0
                if successes >= probe.successes and self._wanted(key, alloc.id):
                    return self._functions.mark_ready(key, alloc.id)
            await self._sleep(next_pause_s(waited_s, probe))

    async def _asked(
        self, alloc: AllocationRecord, probe: Probe, *, is_late: bool
    ) -> tuple[bool, bool]:
        """Return whether it is ready, and whether its next probe has its whole time limit.

        Such probes have turns of their own: replicas that hang are no reason to wait for others.
        """
        timeout_s = probe.timeout_s if is_late else min(SOON_S, probe.timeout_s)
        mine = replace(probe, replica=alloc.id, timeout_s=timeout_s)
        async with self._turns_of_late if is_late else self._turns:
            began_s = self._now_s()
            is_up = await self._ask(alloc.host, alloc.port, mine, alloc.mesh_service)
            took_s = self._now_s() - began_s
        return is_up, took_s >= min(SOON_S, timeout_s)

    def _wanted(self, key: JobKey, alloc_id: AllocID) -> AllocationRecord | None:
        return next(
            (a for a in self._functions.ready_replicas.unprobed(key) if a.id == alloc_id), None
        )

    def _ended(self, key: JobKey, alloc_id: AllocID, task: asyncio.Task[None]) -> None:
        self._probing.pop(alloc_id, None)
        if task.cancelled():
            return
        err = task.exception()
        if err is None:
            self.look(key)  # it may have refused a caller just after it answered the probe
        elif self._failure and not self._failure.done():
            self._failure.set_exception(err)


def _can_tell(alloc: AllocationRecord, probe: Probe) -> bool:
    """Return whether an answer would be the replica's.

    Before it runs, an open port may be a proxy's before a container, and a published one still
    that of whose container had it before: it cannot run until that has ended.
    """
    return alloc.client_status == "running" or (bool(probe.path) and not alloc.is_published)
