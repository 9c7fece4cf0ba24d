"""Readers of one function's logs, over replicas' outputs in memory."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from faas_nomad.clients.errors import BackendError
from faas_nomad.model.nomad import Allocation
from faas_nomad.operations.function_logs.bounds import LogBounds
from faas_nomad.operations.function_logs.reading import FunctionLogs
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.log_query import LogQuery
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.memory_outputs import MemoryOutputs
from support.nomad_shapes import alloc_event, allocation, job_stub, statuses_job

KEY = JobKey("default", "openfaas-a")
NOW_NS = 1_767_268_800_000_000_000  # 2026-01-01T12:00:00Z
ALL = LogQuery("a", tail=1000)
FOLLOW = LogQuery("a", tail=1000, follow=True)
WITHIN_S = 5.0


@dataclass
class Listed:
    """What Nomad lists of the job."""

    allocations: list[Allocation] = field(default_factory=list)
    failure: BackendError | None = None
    calls: int = 0

    def in_region(self, region: str) -> "Listed":
        return self

    async def job_allocations(self, job_id: str, namespace: str) -> list[Allocation]:
        assert (namespace, job_id) == KEY[:2]
        self.calls += 1
        if self.failure:
            raise self.failure
        return self.allocations


class Reader:
    """Takes the messages of one reader as they come."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self.messages: list[dict[str, Any]] = []
        self.has_ended = False
        self.task = asyncio.ensure_future(self._read(pieces))

    async def _read(self, pieces: AsyncIterator[bytes]) -> None:
        async for piece in pieces:
            self.messages += [json.loads(line) for line in piece.splitlines()]
        self.has_ended = True

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]

    async def until(self, *texts: str) -> None:
        """Wait until exactly these have come."""
        async with asyncio.timeout(WITHIN_S):
            while self.texts != list(texts):
                await asyncio.sleep(0.005)


class World:
    """Two replicas, x and y, of a function a."""

    def __init__(self, bounds: LogBounds) -> None:
        names = Names("openfaas-", "openfaas-fn", "default")
        self.functions = Functions(
            Picture(read_service), RouteTable(), names, lambda _job: RoutePolicy()
        )
        live = [allocation("x", version=0), allocation("y", version=0)]
        self.functions.replace(Snapshot(10, [job_stub()], [statuses_job(count=2)], live))
        self.outputs = MemoryOutputs()
        self.listed = Listed([*live])
        self.logs = FunctionLogs(self.listed, self.outputs, self.functions, bounds, lambda: NOW_NS)
        self.open = AsyncExitStack()

    async def reader(self, query: LogQuery) -> Reader:
        return Reader(await self.open.enter_async_context(self.logs.reading(KEY, query)))

    async def read(self, query: LogQuery = ALL) -> list[str]:
        async with self.logs.reading(KEY, query) as pieces:
            reader = Reader(pieces)
            await reader.task
            return reader.texts

    async def settled(self) -> None:
        """Let cancelled tasks end."""
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def end(self, alloc_id: str, index: int = 30) -> None:
        """Let a replica end, as Nomad's stream tells it."""
        self.functions.apply(alloc_event(allocation(alloc_id, status="failed", index=index)))
