"""Reads what every replica uses, again and again, whether anybody asks or not.

Each is read anew when its interval is over, a new one after a second. Those that are due are read
four times a second, a bounded number of them, so that neither this process nor Nomad's servers,
which pass each on to the replica's node, see a burst.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from heapq import heappop, heappush
from math import ceil
from typing import Never, Protocol

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.clients.shapes import Shape
from faas_nomad.clients.whole_answers import json_value
from faas_nomad.model.nomad import AllocID
from faas_nomad.model.nomad_clients import AllocationStats
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey
from faas_nomad.state.usage import UsageTable
from faas_nomad.translate.regions import ONE_REGION, OWN, Regions
from faas_nomad.translate.usage import usage_from_stats

log = structlog.get_logger()

WHOSE = "Nomad's answer about usage"
_STATS: Shape[AllocationStats] = Shape(AllocationStats)
FIRST_PAUSE_S = 1.0
"""Nomad measures every second, and a new replica not before."""
READ_WITHIN_S = 2.0
FAILED_PAUSE = 3
"""Intervals until a read that failed is tried again: a node that hangs must not hold up all."""
MAX_READS_AT_ONCE = 8
TICK_S = 0.25
MIN_A_TICK = 8
SLACK_S = 10.0
"""A sample is fresh for the interval and this much longer: one slow read and one late turn."""


def most_a_tick(interval_s: float, replicas: int) -> int:
    """Return how many are read at one tick: all of them within four fifths of the interval."""
    return max(MIN_A_TICK, ceil(replicas * TICK_S / (0.8 * interval_s)))


class Get(Protocol):
    """Gets a path; `clients.lean_get.LeanGetter.get`."""

    def __call__(self, target: str, within_s: float) -> Awaitable[bytes]:
        """Return the body. Raises: BackendError."""
        ...


class UsageReader:
    """Feeds `table`; `run` never returns."""

    def __init__(
        self,
        get: Get,
        functions: Functions,
        table: UsageTable,
        interval_s: float,
        regions: Regions = ONE_REGION,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._get = get
        self._functions = functions
        self._table = table
        self._interval_s = interval_s
        self._regions = regions
        self._now_s = now_s
        self._sleep = sleep
        self._due: list[tuple[float, AllocID]] = []
        """A heap of every replica that is not being read."""
        self._known: set[AllocID] = set()
        self._news = asyncio.Event()
        functions.listeners.append(self.look)

    def look(self, key: JobKey) -> None:
        """Take in the job's new replicas."""
        for replica in self._functions.live_replicas.of(key):
            if replica not in self._known:
                self._known.add(replica)
                heappush(self._due, (self._now_s() + FIRST_PAUSE_S, replica))
                self._news.set()

    async def run(self) -> Never:
        """Read for ever."""
        while True:
            await self._until_due()
            due = self._take_due()
            readers = min(len(due), MAX_READS_AT_ONCE)
            turns = iter(due)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._read_all(turns)) for _ in range(readers)]
            del tasks
            await self._sleep(TICK_S)

    async def _until_due(self) -> None:
        """Wait until the first replica is due."""
        while (left_s := self._left_s()) > 0:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._news.wait()

    def _take_due(self) -> list[AllocID]:
        """Return some of the replicas that are due, and forget those that are gone."""
        found: list[AllocID] = []
        most, now_s = most_a_tick(self._interval_s, len(self._known)), self._now_s()
        while self._due and self._due[0][0] <= now_s and len(found) < most:
            _, replica = heappop(self._due)
            if self._functions.live_replicas.owner(replica) is None:
                self._forget(replica)
            else:
                found.append(replica)
        return found

    async def _read_all(self, turns: Iterator[AllocID]) -> None:
        for replica in turns:
            await self._read(replica)

    def _left_s(self) -> float:
        return self._due[0][0] - self._now_s() if self._due else self._interval_s

    def _forget(self, replica: AllocID) -> None:
        self._known.discard(replica)
        self._table.forget(replica)

    async def _read(self, replica: AllocID) -> None:
        pause_s = self._interval_s
        try:
            usage = usage_from_stats(await self._stats(replica))
            if usage is None:
                self._table.failures += 1
            else:
                self._table.put(replica, usage, self._now_s())
        except BackendError as err:
            self._table.failures += 1
            pause_s *= FAILED_PAUSE
            log.debug("no usage of a replica", replica=replica, why=repr(err))
        finally:
            heappush(self._due, (self._now_s() + pause_s, replica))

    async def _stats(self, replica: AllocID) -> AllocationStats:
        key = self._functions.live_replicas.owner(replica)
        region = self._regions.name(key.region if key else OWN)
        target = f"/v1/client/allocation/{replica}/stats{'?region=' + region if region else ''}"
        return _STATS.of(json_value(await self._get(target, READ_WITHIN_S), WHOSE), WHOSE)
