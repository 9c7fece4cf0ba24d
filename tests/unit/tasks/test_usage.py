"""Usage is read in the background: soon of a new replica, then once an interval, few at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from faas_nomad.clients.errors import NotFoundError
from faas_nomad.model.nomad import AllocID
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.state.usage import UsageTable
from faas_nomad.tasks.usage import (
    FAILED_PAUSE,
    FIRST_PAUSE_S,
    MAX_READS_AT_ONCE,
    MIN_A_TICK,
    TICK_S,
    UsageReader,
    most_a_tick,
)
from faas_nomad.translate.names import Names
from faas_nomad.translate.usage import Usage
from support.job_meta import read_service
from support.nomad_shapes import allocation, job_stub, statuses_job

KEY = JobKey("default", "openfaas-a")
INTERVAL_S = 20.0
STATS: dict[str, Any] = {
    "ResourceUsage": {
        "CpuStats": {"Measured": ["Percent"], "Percent": 2.5},
        "MemoryStats": {"Measured": ["RSS"], "RSS": 4096},
    }
}


class Agent:
    """Answers with the same figures, or as its attributes say."""

    def __init__(self) -> None:
        self.targets: list[str] = []
        self.at_once = self.most_at_once = 0
        self.error: Exception | None = None
        self.held: asyncio.Event | None = None
        self.stats = STATS

    async def get(self, target: str, within_s: float) -> bytes:
        self.targets.append(target)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await (self.held.wait() if self.held else asyncio.sleep(0))
            if self.error:
                raise self.error
            return json.dumps(self.stats).encode()
        finally:
            self.at_once -= 1


class World:
    """A function with some replicas, and a clock that the test turns."""

    def __init__(self) -> None:
        names = Names("openfaas-", "openfaas-fn", "default")
        self.functions = Functions(
            Picture(read_service), RouteTable(), names, lambda _job: RoutePolicy()
        )
        self.table = UsageTable(30.0)
        self.agent = Agent()
        self.now_s = 100.0
        self.index = 10
        self.reader = UsageReader(
            self.agent.get, self.functions, self.table, INTERVAL_S, now_s=lambda: self.now_s
        )

    def have_replicas(self, *ids: str) -> None:
        self.index += 1
        allocations = [allocation(alloc_id) for alloc_id in ids]
        self.functions.replace(Snapshot(self.index, [job_stub()], [statuses_job()], allocations))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Future[None]"]:
        task: asyncio.Future[None] = asyncio.ensure_future(self.reader.run())
        yield task
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def turn_to(self, now_s: float) -> None:
        """Turn the clock and wake the reader, as its timer would."""
        self.now_s = now_s
        self.reader._news.set()

    async def until_read(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.agent.targets) < count or self.agent.at_once:
                await asyncio.sleep(0.001)

    async def settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)


@pytest.fixture
def world() -> World:
    return World()


async def test_a_new_replica_is_read_soon_and_then_once_an_interval(world: World) -> None:
    world.have_replicas("r1")
    async with world.running():
        await world.settle()
        assert world.agent.targets == []

        await world.turn_to(100.0 + FIRST_PAUSE_S)
        await world.until_read(1)
        assert world.agent.targets == ["/v1/client/allocation/r1/stats"]
        assert world.table.total([AllocID("r1")], world.now_s) == Usage(25.0, 4096)

        await world.turn_to(world.now_s + INTERVAL_S - 0.1)
        await world.settle()
        assert len(world.agent.targets) == 1

        await world.turn_to(world.now_s + 0.2)
        await world.until_read(2)


async def test_a_replica_that_is_gone_is_read_no_more_and_forgotten(world: World) -> None:
    world.have_replicas("r1")
    async with world.running():
        await world.turn_to(102.0)
        await world.until_read(1)

        world.have_replicas()
        await world.turn_to(world.now_s + INTERVAL_S)
        async with asyncio.timeout(5):
            while len(world.table):
                await asyncio.sleep(0.01)

        assert len(world.agent.targets) == 1


async def test_only_a_few_are_read_at_once(world: World) -> None:
    world.agent.held = asyncio.Event()
    world.have_replicas(*(f"r{n}" for n in range(3 * MAX_READS_AT_ONCE)))
    async with world.running():
        await world.turn_to(102.0)
        async with asyncio.timeout(10):
            while world.agent.at_once < MAX_READS_AT_ONCE:
                await asyncio.sleep(0.01)
        await world.settle()
        assert world.agent.at_once == MAX_READS_AT_ONCE

        world.agent.held.set()
        await world.until_read(3 * MAX_READS_AT_ONCE)
        assert world.agent.most_at_once == MAX_READS_AT_ONCE


async def test_a_read_that_fails_is_counted_and_tried_again_later(
    world: World,
) -> None:
    world.have_replicas("r1")
    world.agent.error = NotFoundError("no such allocation")
    async with world.running():
        await world.turn_to(102.0)
        await world.until_read(1)
        assert (world.table.failures, len(world.table)) == (1, 0)

        world.agent.error = None
        await world.turn_to(world.now_s + FAILED_PAUSE * INTERVAL_S + 0.1)
        await world.until_read(2)
        assert len(world.table) == 1


@pytest.mark.parametrize(
    "stats",
    [
        [],
        {},
        {"ResourceUsage": [1]},
        {"ResourceUsage": {"CpuStats": 7, "MemoryStats": {"Measured": ["RSS"], "RSS": 1}}},
        {"ResourceUsage": {"CpuStats": {"Measured": ["Percent"], "Percent": float("nan")}}},
        {"ResourceUsage": {"CpuStats": {"Measured": ["Percent"], "Percent": 1e308}}},
        {"ResourceUsage": {"MemoryStats": {"Measured": ["RSS"], "RSS": 10**30}}},
    ],
)
async def test_figures_that_cannot_be_are_none(world: World, stats: Any) -> None:
    world.have_replicas("r1")
    world.agent.stats = stats
    async with world.running():
        await world.turn_to(102.0)
        await world.until_read(1)
        assert (world.table.failures, len(world.table)) == (1, 0)


async def test_a_read_in_which_nothing_was_measured_is_counted_too(world: World) -> None:
    world.have_replicas("r1")
    world.agent.stats = {"ResourceUsage": {}}
    async with world.running():
        await world.turn_to(102.0)
        await world.until_read(1)
        assert (world.table.failures, len(world.table)) == (1, 0)

        await world.turn_to(world.now_s + INTERVAL_S + 0.1)
        await world.until_read(2)


async def test_what_cannot_be_is_raised_by_run(world: World) -> None:
    world.have_replicas("r1")
    world.agent.error = RuntimeError("a mistake of ours")
    async with world.running() as task:
        await world.turn_to(102.0)
        with pytest.raises(ExceptionGroup) as raised:
            async with asyncio.timeout(5):
                await task
    assert raised.group_contains(RuntimeError, match="a mistake of ours")


def test_three_thousand_are_read_within_the_interval() -> None:
    ticks = 3000 / most_a_tick(20.0, 3000)

    assert 10.0 < ticks * TICK_S <= 16.0
    assert most_a_tick(20.0, 1) == MIN_A_TICK
