"""Reads what every replica uses, again and again, whether anybody asks or not.

Each is read anew when its interval is over, a new one after a second. Reads are kept apart, so
that neither this process nor Nomad's servers, which pass each on to the replica's node, see a
burst.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from heapq import heappop, heappush
from typing import Any, Never, Protocol, cast

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.model.nomad import AllocID
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey
from faas_nomad.state.usage import UsageTable
from faas_nomad.translate.usage import usage_from_stats

log = structlog.get_logger()

FIRST_PAUSE_S = 1.0
"""Nomad measures every second, and a new replica not before."""
READ_WITHIN_S = 5.0
MAX_READS_AT_ONCE = 8
MAX_GAP_S = 0.05
SLACK_S = 10.0
"""A sample is fresh for the interval and this much longer: one slow read and one late turn."""


def gap_s(interval_s: float, replicas: int) -> float:
    """Return the least time between two reads: all are read in four fifths of the interval."""
    return min(MAX_GAP_S, 0.8 * interval_s / max(1, replicas))


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
        region: str = "",
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._get = get
        self._functions = functions
        self._table = table
        self._interval_s = interval_s
        self._query = f"?region={region}" if region else ""
        self._now_s = now_s
        self._due: list[tuple[float, AllocID]] = []
        """A heap of every replica that is not being read."""
        self._known: set[AllocID] = set()
        self._news = asyncio.Event()
        self._turns = asyncio.Semaphore(MAX_READS_AT_ONCE)
        self._reading: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        functions.listeners.append(self.look)

    def look(self, key: JobKey) -> None:
        """Take in the job's new replicas."""
        for replica in self._functions.alive(key):
            if replica not in self._known:
                self._known.add(replica)
                heappush(self._due, (self._now_s() + FIRST_PAUSE_S, replica))
                self._news.set()

    async def run(self) -> Never:
        """Read for ever; what goes wrong in a read beyond what it may is raised here."""
        try:
            while True:
                await self._until_due()
                if self._failure is not None:
                    raise self._failure
                _, replica = heappop(self._due)
                if self._functions.key_of(replica) is None:
                    self._forget(replica)
                    continue
                await self._turns.acquire()
                self._start(replica)
                await asyncio.sleep(gap_s(self._interval_s, len(self._known)))
        finally:
            for task in self._reading:
                task.cancel()

    async def _until_due(self) -> None:
        """Wait until the first replica is due, or a read has failed."""
        while (left_s := self._left_s()) > 0 and self._failure is None:
            self._news.clear()
            try:
                async with asyncio.timeout(left_s):
                    await self._news.wait()
            except TimeoutError:
                continue

    def _left_s(self) -> float:
        return self._due[0][0] - self._now_s() if self._due else self._interval_s

    def _start(self, replica: AllocID) -> None:
        task = asyncio.ensure_future(self._read(replica))
        self._reading.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._reading.discard(task)
        if not task.cancelled() and (err := task.exception()) is not None:
            self._failure = err
            self._news.set()

    def _forget(self, replica: AllocID) -> None:
        self._known.discard(replica)
        self._table.forget(replica)

    async def _read(self, replica: AllocID) -> None:
        try:
            usage = usage_from_stats(await self._stats(replica))
            if usage is not None:
                self._table.put(replica, usage, self._now_s())
        except (BackendError, KeyError, TypeError, ValueError) as err:
            self._table.failures += 1
            log.debug("no usage of a replica", replica=replica, why=repr(err))
        finally:
            self._turns.release()
            heappush(self._due, (self._now_s() + self._interval_s, replica))

    async def _stats(self, replica: AllocID) -> dict[str, Any]:
        target = f"/v1/client/allocation/{replica}/stats{self._query}"
        return cast(dict[str, Any], json.loads(await self._get(target, READ_WITHIN_S)))
