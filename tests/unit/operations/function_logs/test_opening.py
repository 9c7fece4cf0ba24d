"""A stream begins with what all replicas wrote and with what is amiss."""

import asyncio

import pytest

from faas_nomad.clients.errors import UnreachableError
from support.log_world import ALL, FOLLOW, KEY, WITHIN_S, World
from support.nomad_shapes import allocation


async def test_all_outputs_of_all_replicas_are_merged_by_time(world: World) -> None:
    world.outputs.write("x", b"2026/01/01 11:59:01 a\n2026/01/01 11:59:04 d\n")
    world.outputs.write("x", b"2026/01/01 11:59:03 c\n", "stderr")
    world.outputs.write("y", b"2026/01/01 11:59:02 b\nuntimed and unfinished")

    texts = await world.read()

    assert [text[20:] for text in texts[:4]] == ["a", "b", "c", "d"]
    assert texts[4:] == ["untimed and unfinished"]
    assert world.outputs.open_now == 0


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


async def test_a_nomad_that_is_away_is_told_to_every_reader(world: World) -> None:
    world.listed.failure = UnreachableError("Nomad cannot be reached")

    for query in (ALL, FOLLOW):
        with pytest.raises(UnreachableError):
            await world.read(query)
    assert (world.logs.stats.readers, world.logs.functions_read) == (0, 0)


async def test_words_said_while_the_logs_are_opened_are_not_lost(world: World) -> None:
    opening = asyncio.ensure_future(world.reader(FOLLOW))
    async with asyncio.timeout(WITHIN_S):
        while not world.listed.calls:
            await asyncio.sleep(0)

    world.logs.say(KEY, "image cannot be pulled")

    reader = await opening
    await reader.until("faas-nomad: image cannot be pulled")
