"""Keeps the picture of functions the same as Nomad's, for ever.

A round: open the event stream of every namespace, take a snapshot, then fold events in until the
next snapshot is due or anything is unexpected. The streams are opened first, so nothing falls
between; what a snapshot already holds is dropped by index. The server's buffer behind a stream
is short and loses events silently across a reconnect, hence a snapshot after each.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Never

import structlog

from faas_nomad.clients.errors import BackendError, UnexpectedReplyError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.nomad_events import open_event_stream
from faas_nomad.model.nomad import Event
from faas_nomad.state.backends import BackendState
from faas_nomad.state.freshness import Freshness
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Snapshot
from faas_nomad.translate.namespaces import function_namespaces

log = structlog.get_logger()

MAX_QUEUED_BATCHES = 1000
"""Batches read and not yet folded in; beyond it the streams wait."""
FIRST_PAUSE_S = 0.25
MAX_PAUSE_S = 5.0
GREETING_WITHIN_S = 1.0
"""A Nomad that is away is told of after a second, not after the time limit of a whole call."""

_FOLD_ORDER = {"Job": 0, "Deployment": 1, "Allocation": 2}

Batches = asyncio.Queue[list[Event] | BackendError]
Covered = dict[str, int]
"""By topic, the index up to which a snapshot holds everything."""


@dataclass(frozen=True)
class SyncSettings:
    """What to read, and how often the whole of it."""

    resync_interval_s: float
    job_prefix: str
    default_namespace: str
    region: str = ""


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
    ) -> None:
        self._nomad = nomad
        self._functions = functions
        self._state = state
        self._settings = settings
        self._freshness = freshness
        self._sleep = sleep
        self.synced = asyncio.Event()
        """Set once the first snapshot is in."""

    async def run(self) -> Never:
        """Stay in step for ever; while Nomad is away the last picture stays in place."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._nomad.read_leader(within_s=GREETING_WITHIN_S)
                self._functions.namespaces = await self._read_namespaces()
                async with self._streams(self._functions.namespaces) as batches:
                    pause_s = FIRST_PAUSE_S
                    await self._stay_in_step(batches)
            except BackendError as err:
                self._lost(err)
                await self._sleep(pause_s)
                pause_s = min(MAX_PAUSE_S, pause_s * 2)

    async def _stay_in_step(self, batches: Batches) -> None:
        """Return when the set of namespaces has changed, so that streams are opened anew."""
        while True:
            covered = await self._snapshot()
            await self._fold(batches, covered, self._settings.resync_interval_s)
            namespaces = await self._read_namespaces()
            if namespaces != self._functions.namespaces:
                return

    async def _snapshot(self) -> Covered:
        prefix = self._settings.job_prefix
        begun_at_index = self._functions.picture.latest_index
        jobs = await self._nomad.list_jobs(prefix)
        statuses = await self._nomad.list_statuses(prefix)
        allocations = await self._nomad.list_allocations(prefix)
        snapshot = Snapshot(
            jobs.raft_index, jobs.items, statuses.items, allocations.items, begun_at_index
        )
        _unexpected(lambda: self._functions.replace(snapshot))
        self._seen(jobs.raft_index)
        self._freshness.snapshots += 1
        self.synced.set()
        return {
            "Job": jobs.raft_index,
            "Allocation": allocations.raft_index,
            "Deployment": statuses.raft_index,
        }

    async def _fold(self, batches: Batches, covered: Covered, for_s: float) -> None:
        """Apply events until `for_s` have passed."""
        until_s = time.monotonic() + for_s
        while (left_s := until_s - time.monotonic()) > 0:
            try:
                batch = await asyncio.wait_for(batches.get(), left_s)
            except TimeoutError:
                return
            if isinstance(batch, BackendError):
                raise batch
            for event in sorted(batch, key=_fold_order):
                if event["Index"] > covered.get(event["Topic"], 0):
                    _unexpected(lambda event=event: self._fold_one(event))  # type: ignore[misc]
            self._seen(max((event["Index"] for event in batch), default=0))

    def _fold_one(self, event: Event) -> None:
        self._functions.apply(event)
        self._freshness.folded(event, time.time())

    async def _read_namespaces(self) -> frozenset[str]:
        visible = await self._nomad.list_namespaces()
        return function_namespaces(visible, self._settings.default_namespace)

    @asynccontextmanager
    async def _streams(self, namespaces: frozenset[str]) -> AsyncIterator[Batches]:
        batches: Batches = asyncio.Queue(MAX_QUEUED_BATCHES)
        self._freshness.queued = batches.qsize
        opened = [asyncio.Event() for _ in namespaces]
        readers = [
            asyncio.ensure_future(self._read(namespace, batches, event))
            for namespace, event in zip(sorted(namespaces), opened, strict=True)
        ]
        try:
            for event in opened:
                await event.wait()
            yield batches
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    async def _read(self, namespace: str, batches: Batches, opened: asyncio.Event) -> None:
        try:
            stream = open_event_stream(self._nomad.backend, namespace, self._settings.region)
            async with stream as events:
                opened.set()
                async for batch in events:
                    await batches.put(batch)
        except BackendError as err:
            await batches.put(err)
        finally:
            opened.set()

    def _seen(self, raft_index: int) -> None:
        if self._state.seen(time.monotonic(), raft_index):
            log.info("Nomad is there", functions=len(self._functions.picture.jobs))

    def _lost(self, err: BackendError) -> None:
        if self._state.lost(time.monotonic(), str(err)):
            meanwhile = "the last known replicas go on serving"
            if not self.synced.is_set():
                meanwhile = "functions are served once it answers"
            log.warning(f"Nomad is away, {meanwhile}", reason=str(err))


def _fold_order(event: Event) -> int:
    """Within one index, a job comes before its deployment, and that before its allocations."""
    return _FOLD_ORDER.get(event["Topic"], len(_FOLD_ORDER))


def _unexpected(fold: Callable[[], None]) -> None:
    """Run `fold`; an answer that lacks what it should have is a reason to read all anew."""
    try:
        fold()
    except (KeyError, TypeError, AttributeError, ValueError) as err:
        raise UnexpectedReplyError(f"Nomad sent something unexpected: {err!r}") from err
