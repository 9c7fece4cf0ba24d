"""Keeps the picture of a region's functions the same as Nomad's, for ever.

A round: open the event stream of every namespace, take a snapshot, then fold events in until the
next snapshot is due, the namespaces change or anything is unexpected. The streams are opened first,
so nothing falls between; what a snapshot already holds is dropped by index. The server's buffer
behind a stream is short and loses events silently across a reconnect, hence a snapshot after each.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Never

import structlog

from faas_nomad.clients.errors import BackendError, expected
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.model.nomad import Event
from faas_nomad.state.backends import BackendState
from faas_nomad.state.freshness import Freshness
from faas_nomad.state.functions import Functions
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.tasks.event_streams import Batches, EventStreams, fold_order

log = structlog.get_logger()

FIRST_PAUSE_S = 0.25
MAX_PAUSE_S = 5.0
GREETING_WITHIN_S = 1.0
"""A Nomad that is away is told of after a second, not after the time limit of a whole call."""


@dataclass(frozen=True)
class SyncSettings:
    """What to read, and how often the whole of it."""

    resync_interval_s: float
    job_prefix: str
    region: str = ""
    """Which region's functions; "" is the own one."""
    regions: int = 1
    """How many are followed."""


class Sync:
    """Feeds `functions` from Nomad; `run` never returns."""

    def __init__(
        self,
        nomad: NomadClient,
        functions: Functions,
        state: BackendState,
        settings: SyncSettings,
        freshness: Freshness,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._nomad = nomad
        self._functions = functions
        self._state = state
        self._settings = settings
        self._freshness = freshness
        self._sleep = sleep
        self._now_s = now_s
        self._streams = EventStreams(nomad, functions.names, settings.regions)
        self._where = {"region": settings.region} if settings.region else {}
        self.synced = asyncio.Event()
        """Set once the first snapshot is in."""
        self.looked = asyncio.Event()
        """Set once it is, or Nomad was found to be away."""

    async def run(self) -> Never:
        """Stay in step for ever; while Nomad is away the last picture stays in place.

        Pauses begin anew after a round that lasted: one that reads all there is and fails then is
        not to be repeated without end.
        """
        pause_s = FIRST_PAUSE_S
        while True:
            began_s = self._now_s()
            try:
                await self._nomad.read_leader(within_s=GREETING_WITHIN_S)
                found = await self._streams.namespaces()
                self._functions.namespaces.learn(found.names, self._settings.region)
                async with self._streams.open(found) as batches:
                    self._freshness.queues[self._settings.region] = batches.qsize
                    await self._stay_in_step(batches, found.names)
            except BackendError as err:
                self._lost(err)
                pause_s = FIRST_PAUSE_S if self._now_s() - began_s > MAX_PAUSE_S else pause_s
                await self._sleep(pause_s)
                pause_s = min(MAX_PAUSE_S, pause_s * 2)

    async def _stay_in_step(self, batches: Batches, watched: frozenset[str]) -> None:
        """Return when the set of namespaces has changed, so that streams are opened anew."""
        while True:
            await self._snapshot(watched)
            await self._fold(batches, watched)
            if (await self._streams.namespaces()).names != watched:
                return

    async def _snapshot(self, watched: frozenset[str]) -> None:
        prefix = self._settings.job_prefix
        begun_at_index = self._functions.picture.latest_index(self._settings.region)
        jobs = await self._nomad.list_jobs(prefix)
        statuses = await self._nomad.list_statuses(prefix)
        allocations = await self._nomad.list_allocations(prefix)
        with expected("what Nomad tells of jobs"):
            snapshot = Snapshot(
                jobs.raft_index,
                _within(watched, jobs.items),
                _within(watched, statuses.items),
                _within(watched, allocations.items),
                begun_at_index,
                self._settings.region,
                statuses.raft_index,
                allocations.raft_index,
            )
            self._functions.replace(snapshot)
        self._seen(jobs.raft_index)
        self._freshness.snapshots += 1
        self.synced.set()
        self.looked.set()

    async def _fold(self, batches: Batches, watched: frozenset[str]) -> None:
        """Apply events until the next snapshot is due, or there is news of namespaces."""
        until_s = self._now_s() + self._settings.resync_interval_s
        while (left_s := until_s - self._now_s()) > 0:
            try:
                async with asyncio.timeout(left_s):
                    batch = await batches.get()
            except TimeoutError:
                return
            if isinstance(batch, BackendError):
                raise batch
            if batch is None:
                return
            with expected("what Nomad tells of jobs"):
                for event in sorted(_within(watched, batch), key=fold_order):
                    self._fold_one(event)
                self._seen(max((event["Index"] for event in batch), default=0))

    def _fold_one(self, event: Event) -> None:
        if self._functions.picture.has_seen(event, self._settings.region):
            return
        self._functions.apply(event, self._settings.region)
        self._freshness.folded(event, time.time())

    def _seen(self, raft_index: int) -> None:
        self._functions.away.discard(self._settings.region)
        if self._state.seen(self._now_s(), raft_index):
            log.info("Nomad is there", functions=len(self._functions.picture.jobs), **self._where)

    def _lost(self, err: BackendError) -> None:
        self.looked.set()
        if self._settings.region:
            self._functions.away.add(self._settings.region)
        if self._state.lost(self._now_s(), str(err)):
            meanwhile = "the last known replicas go on serving"
            if not self.synced.is_set():
                meanwhile = "functions are served once it answers"
            log.warning(f"Nomad is away, {meanwhile}", reason=str(err), **self._where)


def _within(watched: frozenset[str], found: Sequence[Any]) -> list[Any]:
    """Return what is in a namespace for functions: lists and `*` streams hold others too."""
    return [item for item in found if item["Namespace"] in watched]
