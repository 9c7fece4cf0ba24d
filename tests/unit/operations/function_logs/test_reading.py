"""Readers of one function share what is read for them."""

import asyncio

import pytest

from faas_nomad.operations.function_logs.reading import NoSuchInstanceError
from faas_nomad.translate.log_query import LogQuery
from support.log_world import FOLLOW, KEY, WITHIN_S, Reader, World
from support.nomad_shapes import alloc_event, allocation, job_event, whole_job


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


async def reader_joined_by_z(world: World) -> Reader:
    """Return who follows when a replica `z` has come and been read."""
    reader = await world.reader(FOLLOW)
    world.outputs.write("z", b"from z\n")
    world.functions.apply(alloc_event(allocation("z", index=25)))
    await reader.until("from z")
    return reader


async def test_a_replica_that_comes_is_joined_and_one_that_ends_is_read_to_its_end(
    world: World,
) -> None:
    reader = await reader_joined_by_z(world)
    world.end("z")
    world.outputs.write("z", b"its last words")

    world.outputs.heartbeat()
    world.outputs.heartbeat()

    await reader.until("from z", "its last words")
    assert world.outputs.open_now == 4


async def test_what_a_busy_node_writes_after_it_has_fallen_silent_is_read_once(
    world: World,
) -> None:
    reader = await reader_joined_by_z(world)
    world.end("z")
    world.outputs.written["z", "stdout"] += b"its last words\n"  # and no follower is told

    world.outputs.heartbeat()
    world.outputs.heartbeat()

    await reader.until("from z", "its last words")
    assert reader.texts == ["from z", "its last words"]


async def test_a_replica_that_was_silent_before_its_end_is_read_as_long_as_any_other(
    world: World,
) -> None:
    reader = await reader_joined_by_z(world)
    for _ in range(3):
        world.outputs.heartbeat()
    await world.settled()
    world.end("z")
    world.outputs.heartbeat()
    await world.settled()

    world.outputs.write("z", b"its last words\n")

    await reader.until("from z", "its last words")


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


@pytest.mark.parametrize("is_slow", [False, True])
async def test_after_a_broken_connection_no_line_is_missing_or_twice(
    world: World, is_slow: bool
) -> None:
    """Nor when a busy node is heard of again before it has read what there is."""
    world.functions.apply(alloc_event(allocation("y", status="failed", index=30)))
    world.listed.allocations = world.listed.allocations[:1]
    reader = await world.reader(FOLLOW)
    world.outputs.write("x", b"one\ntwo\nhalf a ")
    await reader.until("one", "two")

    world.outputs.is_slow = is_slow
    world.outputs.break_all()
    world.outputs.write("x", b"line\nlast\n")

    missing = "faas-nomad: lines of this replica are missing: the connection broke"
    await reader.until("one", "two", missing, "half a line", "last")


async def test_the_providers_own_words_reach_those_who_follow(world: World) -> None:
    reader = await world.reader(FOLLOW)

    world.logs.say(KEY, "image cannot be pulled")

    await reader.until("faas-nomad: image cannot be pulled")
