"""Waits until the replicas of a removed function have ended, so that their ports can be another's.

Nomad forgets a purged job's allocations at once, while their tasks go through their shutdown delay
and their stop. Another function may get such a port meanwhile, and the old process would answer
its callers.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from faas_nomad.state.functions import Address, Functions
from faas_nomad.state.records import JobKey, JobRecord

LONGEST_STOP_S = 60.0
"""Of a function of which nothing else is known."""
Later = Callable[[float, Callable[[], None]], object]
"""Calls back after so many seconds."""


def _later(after_s: float, call: Callable[[], None]) -> object:
    return asyncio.get_running_loop().call_later(after_s, call)


class Vacating:
    """Tells `functions` of each address that was left behind when nobody listens there."""

    def __init__(
        self, functions: Functions, stop_time_s: Callable[[JobRecord], float], later: Later = _later
    ) -> None:
        self._functions = functions
        self._stop_time_s = stop_time_s
        self._later = later
        self._known: dict[JobKey, JobRecord] = {}
        self._waited_for: set[Address] = set()
        functions.listeners.append(self.look)

    def look(self, key: JobKey) -> None:
        """Begin to wait for what a function that is no more has left behind."""
        job = self._functions.find(key)
        if job is not None:
            self._known[key] = job
            return
        left = self._known.pop(key, None)
        for address in self._functions.unvacated - self._waited_for:
            self._waited_for.add(address)
            stop_time_s = self._stop_time_s(left) if left else LONGEST_STOP_S
            self._later(stop_time_s, partial(self._vacated, address))

    def _vacated(self, address: Address) -> None:
        self._waited_for.discard(address)
        self._functions.vacate(address)
