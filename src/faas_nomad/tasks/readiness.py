"""Finds new replicas ready by probing them, and those again that refused callers.

Nomad says «running» before the process listens, and its own verdict waits for MinHealthyTime; a
probe every few milliseconds finds a replica within about one of listening.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Never, Protocol

import structlog

from faas_nomad.clients.probe import Probe, answers
from faas_nomad.model.nomad import AllocID
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import AllocationRecord, JobKey, JobRecord

log = structlog.get_logger()

FIRST_PAUSE_S = 0.01
MAX_PAUSE_S = 0.5
MAX_PROBES_AT_ONCE = 64


class Ask(Protocol):
    """Asks a replica once; `clients.probe.answers`."""

    def __call__(self, host: str, port: int, probe: Probe) -> Awaitable[bool]:
        """Return whether it is ready."""
        ...


def next_pause_s(pause_s: float) -> float:
    """Return the pause after one of `pause_s`: growing by half, up to half a second."""
    return min(MAX_PAUSE_S, pause_s * 1.5)


class Readiness:
    """Probes what `functions` has alive and not known to answer; `run` never returns."""

    def __init__(
        self,
        functions: Functions,
        probe_of: Callable[[JobRecord], Probe],
        ask: Ask = answers,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._functions = functions
        self._probe_of = probe_of
        self._ask = ask
        self._sleep = sleep
        self._probing: dict[AllocID, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(MAX_PROBES_AT_ONCE)
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
        for alloc in self._functions.unprobed(key):
            if alloc.id not in self._probing:
                task = asyncio.ensure_future(self._until_ready(key, alloc))
                self._probing[alloc.id] = task
                task.add_done_callback(partial(self._ended, key, alloc.id))

    def refused(self, alloc_id: str) -> None:
        """A caller could not reach the replica: leave it out until a probe finds it answering."""
        key = self._functions.key_of(AllocID(alloc_id))
        if key is not None:
            self._functions.mark_unready(key, AllocID(alloc_id))

    async def _until_ready(self, key: JobKey, alloc: AllocationRecord) -> None:
        pause_s = FIRST_PAUSE_S
        while self._is_wanted(key, alloc):
            job = self._functions.find(key)
            if job is None:
                return
            async with self._turns:
                ready = await self._ask(alloc.host, alloc.port, self._probe_of(job))
            if ready and self._is_wanted(key, alloc):
                return self._functions.mark_ready(key, alloc.id)
            await self._sleep(pause_s)
            pause_s = next_pause_s(pause_s)

    def _is_wanted(self, key: JobKey, alloc: AllocationRecord) -> bool:
        return any(a.id == alloc.id for a in self._functions.unprobed(key))

    def _ended(self, key: JobKey, alloc_id: AllocID, task: asyncio.Task[None]) -> None:
        self._probing.pop(alloc_id, None)
        if task.cancelled():
            return
        err = task.exception()
        if err is None:
            self.look(key)  # it may have refused a caller just after it answered the probe
        elif self._failure and not self._failure.done():
            self._failure.set_exception(err)
