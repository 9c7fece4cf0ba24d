"""Nomad's event streams of all namespaces for functions as one queue, and news of namespaces.

One stream a namespace: `*` needs the right on every namespace there is. Only above 20 it is used,
as each stream holds a connection, of which an agent takes 100 from one address.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from faas_nomad.clients.errors import BackendError, DeniedError, expected
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.nomad_calls import ALL_NAMESPACES
from faas_nomad.clients.nomad_events import open_event_stream
from faas_nomad.model.nomad import Event
from faas_nomad.translate.names import Names
from faas_nomad.translate.namespaces import function_namespaces

log = structlog.get_logger()

MAX_QUEUED_BATCHES = 1000
"""Batches read and not yet folded in; beyond it the streams wait."""
MAX_STREAMS = 20
"""In all regions together."""
NAMESPACES_WAIT_S = 300.0
NAMESPACES_PAUSE_S = 0.5
"""Between two answers: any write to any namespace ends the wait."""
DENIED_FOR_S = 600.0

Batches = asyncio.Queue[list[Event] | BackendError | None]
"""None says that other namespaces are for functions than those the streams were opened for."""

_FOLD_ORDER = {"Job": 0, "Deployment": 1, "Allocation": 2, "Evaluation": 3}


@dataclass(frozen=True)
class Namespaces:
    """The Nomad namespaces for functions, and the Raft index they were read at."""

    names: frozenset[str]
    raft_index: int


def streams_for(names: Collection[str], regions: int = 1) -> list[str]:
    """Return a region's namespaces to open streams for: each, or all as one; pure."""
    return sorted(names) if len(names) <= MAX_STREAMS // regions else [ALL_NAMESPACES]


def fold_order(event: Event) -> int:
    """Within one index, a job comes before its deployment, and that before its allocations."""
    return _FOLD_ORDER.get(event["Topic"], len(_FOLD_ORDER))


class EventStreams:
    """See the module. A marked namespace that the token may not watch is left out for a while."""

    def __init__(self, nomad: NomadClient, names: Names, regions: int = 1) -> None:
        self._nomad = nomad
        self._regions = regions
        self._names = names
        self._denied: dict[str, float] = {}

    async def namespaces(self, after_index: int = 0) -> Namespaces:
        """Return the namespaces for functions; with `after_index`, once any has changed."""
        found = await self._nomad.list_namespaces(after_index, NAMESPACES_WAIT_S)
        marked = function_namespaces(found.items, self._names)
        since_s = time.monotonic() - DENIED_FOR_S
        self._denied = {name: at_s for name, at_s in self._denied.items() if at_s > since_s}
        return Namespaces(marked - self._denied.keys(), found.raft_index)

    @asynccontextmanager
    async def open(self, namespaces: Namespaces) -> AsyncIterator[Batches]:
        """Open the streams and give what comes of them; all are open when the block begins."""
        batches: Batches = asyncio.Queue(MAX_QUEUED_BATCHES)
        names = streams_for(namespaces.names, self._regions)
        opened = [asyncio.Event() for _ in names]
        readers = [
            asyncio.ensure_future(self._read(name, batches, event))
            for name, event in zip(names, opened, strict=True)
        ]
        readers.append(asyncio.ensure_future(self._watch(namespaces, batches)))
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
            stream = open_event_stream(self._nomad.backend, namespace, self._nomad.region)
            with expected("what Nomad's event stream says"):
                async with stream as events:
                    opened.set()
                    async for batch in events:
                        await batches.put(batch)
        except DeniedError as err:
            await batches.put(self._leave_out(namespace, err))
        except BackendError as err:
            await batches.put(err)
        finally:
            opened.set()

    def _leave_out(self, namespace: str, err: DeniedError) -> DeniedError | None:
        if namespace in (self._names.nomad_namespace, ALL_NAMESPACES):
            return err
        log.warning(
            "a namespace is marked for functions, Nomad's token may not watch it",
            namespace=namespace,
            reason=str(err),
        )
        self._denied[namespace] = time.monotonic()
        return None

    async def _watch(self, known: Namespaces, batches: Batches) -> None:
        """Say when the namespaces for functions have changed."""
        found = known
        try:
            with expected("what Nomad tells of namespaces"):
                while found.names == known.names:
                    await asyncio.sleep(NAMESPACES_PAUSE_S)
                    found = await self.namespaces(found.raft_index)
        except BackendError as err:
            await batches.put(err)
        else:
            await batches.put(None)
