"""Readers of one function's logs, over replicas' outputs in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from faas_nomad.clients.errors import BackendError, UnreachableError
from faas_nomad.model.nomad import Allocation
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.function_logs.bounds import LogBounds, TooManyLogsError
from faas_nomad.operations.function_logs.reading import FunctionLogs, NoSuchInstanceError
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.log_query import LogQuery
from faas_nomad.translate.names import Names
from support.memory_outputs import MemoryOutputs
from support.wire import alloc_event, allocation, job_event, job_stub, statuses_job, whole_job

KEY = JobKey("default", "openfaas-a")
NOW_NS = 1_767_268_800_000_000_000  # 2026-01-01T12:00:00Z
ALL = LogQuery("a", tail=1000)
FOLLOW = LogQuery("a", tail=1000, follow=True)
WITHIN_S = 5.0


def read_meta(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int] | None:
    return FunctionDeployment(service=meta["service"]), 0


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
            Picture(read_meta), RouteTable(), names, lambda _job: RoutePolicy()
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


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(LogBounds(max_readers=3, max_functions=1, buffer_bytes=100_000))
    for alloc_id in ("x", "y"):
        made.outputs.write(alloc_id, b"", "stdout")
        made.outputs.write(alloc_id, b"", "stderr")
    yield made
    await made.open.aclose()


async def test_all_outputs_of_all_replicas_are_merged_by_time(world: World) -> None:
    world.outputs.write("x", b"2026/01/01 11:59:01 a\n2026/01/01 11:59:04 d\n")
    world.outputs.write("x", b"2026/01/01 11:59:03 c\n", "stderr")
    world.outputs.write("y", b"2026/01/01 11:59:02 b\nuntimed and unfinished")

    texts = await world.read()

    assert [text[20:] for text in texts[:4]] == ["a", "b", "c", "d"]
    assert texts[4:] == ["untimed and unfinished"]
    assert world.outputs.open_now == 0


async def test_without_a_tail_only_the_last_minutes_are_read(world: World) -> None:
    world.listed.allocations = [allocation("x", version=0)]
    world.outputs.write("x", b"2026/01/01 11:54:00 old\n2026/01/01 11:59:00 new\n")

    assert [text[20:] for text in await world.read(LogQuery("a"))] == ["new"]


async def test_a_replica_that_has_ended_is_read_too_and_one_forgotten_is_not(
    world: World,
) -> None:
    world.outputs.write("old", b"last words\n")
    world.listed.allocations += [
        allocation("old", status="complete", version=0),
        allocation("forgotten", status="complete", version=0),
    ]

    assert await world.read() == ["last words"]


async def test_one_line_says_what_is_missing_and_the_others_come(world: World) -> None:
    world.outputs.write("x", b"here\n")
    world.outputs.failures["y"] = UnreachableError("No path to node")

    texts = await world.read()

    missing = "faas-nomad: lines of this replica are missing: No path to node"
    assert sorted(texts) == [missing, "here"]
    following = await world.reader(FOLLOW)
    async with asyncio.timeout(WITHIN_S):
        while sorted(following.texts) != [missing, "here"]:
            await asyncio.sleep(0.005)


async def test_an_unknown_instance_is_refused_and_nothing_stays_open(world: World) -> None:
    for query in (LogQuery("a", instance="z"), LogQuery("a", instance="z", follow=True)):
        with pytest.raises(NoSuchInstanceError):
            await world.read(query)
    await world.settled()

    assert (world.outputs.open_now, world.logs.stats.readers, world.logs.functions_read) == (0,) * 3


async def test_readers_that_follow_share_one_stream_of_each_output(world: World) -> None:
    world.outputs.write("x", b"before\n")
    readers = await asyncio.gather(*(world.reader(FOLLOW) for _ in range(3)))
    world.outputs.write("x", b"after\n")
    for reader in readers:
        await reader.until("before", "after")

    assert sorted(world.outputs.opened) == [
        (alloc_id, output) for alloc_id in "xy" for output in ("stderr", "stdout")
    ]
    assert world.listed.calls == 1


async def test_the_last_reader_that_leaves_frees_everything_at_once(world: World) -> None:
    await world.reader(FOLLOW)
    await world.reader(FOLLOW)
    assert world.outputs.open_now == 4

    await world.open.aclose()
    await world.settled()

    assert (world.outputs.open_now, world.logs.stats.readers, world.logs.functions_read) == (0,) * 3


async def test_a_replica_that_comes_is_joined_and_one_that_ends_is_read_to_its_end(
    world: World,
) -> None:
    reader = await world.reader(FOLLOW)
    world.outputs.write("z", b"from z\n")
    world.functions.apply(alloc_event(allocation("z", index=25)))
    await reader.until("from z")
    world.end("z")
    world.outputs.write("z", b"its last words")

    world.outputs.heartbeat()
    world.outputs.heartbeat()

    await reader.until("from z", "its last words")
    assert world.outputs.open_now == 4


async def test_what_a_busy_node_writes_after_it_has_fallen_silent_is_read_once(
    world: World,
) -> None:
    reader = await world.reader(FOLLOW)
    world.outputs.write("z", b"from z\n")
    world.functions.apply(alloc_event(allocation("z", index=25)))
    await reader.until("from z")
    world.end("z")
    world.outputs.written["z", "stdout"] += b"its last words\n"  # and no follower is told

    world.outputs.heartbeat()
    world.outputs.heartbeat()

    await reader.until("from z", "its last words")
    assert reader.texts == ["from z", "its last words"]


async def test_the_stream_ends_in_order_when_the_function_is_removed(world: World) -> None:
    reader = await world.reader(FOLLOW)
    world.functions.apply(job_event(whole_job(index=40, stop=True), index=40))
    for _ in range(2):
        world.outputs.heartbeat()

    async with asyncio.timeout(WITHIN_S):
        await reader.task
    assert reader.has_ended


async def test_close_ends_all_streams_in_order(world: World) -> None:
    reader = await world.reader(FOLLOW)

    world.logs.close()

    async with asyncio.timeout(WITHIN_S):
        await reader.task
    assert reader.has_ended


async def test_after_a_broken_connection_no_line_is_missing_or_twice(world: World) -> None:
    world.functions.apply(alloc_event(allocation("y", status="failed", index=30)))
    world.listed.allocations = world.listed.allocations[:1]
    reader = await world.reader(FOLLOW)
    world.outputs.write("x", b"one\ntwo\nhalf a ")
    await reader.until("one", "two")

    world.outputs.break_all()
    world.outputs.write("x", b"line\nlast\n")

    missing = "faas-nomad: lines of this replica are missing: the connection broke"
    await reader.until("one", "two", missing, "half a line", "last")


async def test_a_reader_that_is_too_slow_is_told_how_much_it_missed(world: World) -> None:
    async with world.logs.reading(KEY, FOLLOW) as pieces:
        world.outputs.write("x", b"first\n")
        seen = json.loads(await anext(pieces))
        assert seen["text"] == "first"
        for number in range(40):
            world.outputs.write("x", b"%d" % number * 2_000 + b"\n")
            await asyncio.sleep(0)
        async with asyncio.timeout(WITHIN_S):
            while world.logs.stats.lines < 41:
                await asyncio.sleep(0.005)

        told = json.loads(await anext(pieces))

    missed = world.logs.stats.lines_left_out
    assert missed > 0
    assert told["text"] == (
        f"faas-nomad: {missed} lines are left out: they came faster than this reader took them"
    )


async def test_readers_beyond_the_bounds_are_refused(world: World) -> None:
    for _ in range(3):
        await world.reader(FOLLOW)
    with pytest.raises(TooManyLogsError, match="max_log_readers"):
        await world.read()
    assert world.logs.stats.refused == 1


async def test_functions_beyond_the_bound_are_refused(world: World) -> None:
    await world.reader(FOLLOW)

    with pytest.raises(TooManyLogsError, match="max_log_functions"):
        await world.read()


async def test_a_nomad_that_is_away_is_told_to_every_reader(world: World) -> None:
    world.listed.failure = UnreachableError("Nomad cannot be reached")

    for query in (ALL, FOLLOW):
        with pytest.raises(UnreachableError):
            await world.read(query)
    assert (world.logs.stats.readers, world.logs.functions_read) == (0, 0)


async def test_the_providers_own_words_reach_those_who_follow(world: World) -> None:
    reader = await world.reader(FOLLOW)

    world.logs.say(KEY, "image cannot be pulled")

    await reader.until("faas-nomad: image cannot be pulled")


async def test_words_said_while_the_logs_are_opened_are_not_lost(world: World) -> None:
    opening = asyncio.ensure_future(world.reader(FOLLOW))
    async with asyncio.timeout(WITHIN_S):
        while not world.listed.calls:
            await asyncio.sleep(0)

    world.logs.say(KEY, "image cannot be pulled")

    reader = await opening
    await reader.until("faas-nomad: image cannot be pulled")
