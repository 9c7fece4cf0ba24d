"""Waits until the replicas of a removed function have ended, so that their ports can be another's.

Nomad forgets a purged job's allocations at once, while their tasks go through their shutdown delay
and their stop. Another function may get such a port meanwhile, and the old process would answer
its callers. Once nobody takes connections there the old process has ended.
"""

import asyncio
from collections.abc import Awaitable, Callable

from faas_nomad.clients.probe import Probe, answers
from faas_nomad.state.functions import Functions
from faas_nomad.state.live_replicas import Address
from faas_nomad.state.records import JobKey, JobRecord

LONGEST_STOP_S = 60.0
"""Of a function of which nothing else is known."""
PAUSE_S = 0.25
MAX_LOOKS_AT_ONCE = 64
AN_OPEN_PORT = Probe(path="")
Ask = Callable[[str, int, Probe], Awaitable[bool]]


class Vacating:
    """Tells `functions` of each address that was left behind when nobody listens there."""

    def __init__(
        self,
        functions: Functions,
        stop_time_s: Callable[[JobRecord], float],
        ask: Ask = answers,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._functions = functions
        self._stop_time_s = stop_time_s
        self._ask = ask
        self._sleep = sleep
        self._known: dict[JobKey, JobRecord] = {}
        self._waiting: dict[Address, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(MAX_LOOKS_AT_ONCE)
        functions.listeners.append(self.look)

    def look(self, key: JobKey) -> None:
        """Begin to wait for what a function that is no more has left behind."""
        job = self._functions.find(key)
        if job is not None:
            self._known[key] = job
            return
        left = self._known.pop(key, None)
        for address in self._functions.live_replicas.unvacated - self._waiting.keys():
            stop_time_s = self._stop_time_s(left) if left else LONGEST_STOP_S
            task = asyncio.ensure_future(self._wait(address, stop_time_s))
            self._waiting[address] = task

    async def _wait(self, address: Address, at_most_s: float) -> None:
        waited_s = 0.0
        while waited_s < at_most_s:
            await self._sleep(PAUSE_S)
            waited_s += PAUSE_S
            async with self._turns:
                if not await self._ask(*address, AN_OPEN_PORT):
                    break
        del self._waiting[address]
        self._functions.vacate(address)
