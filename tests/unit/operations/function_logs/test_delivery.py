"""A reader gets what it asked for, and is told what it was too slow for."""

import asyncio
import json

from faas_nomad.translate.log_query import LogQuery
from support.log_world import FOLLOW, KEY, WITHIN_S, World
from support.nomad_shapes import allocation


async def test_without_a_tail_only_the_last_minutes_are_read(world: World) -> None:
    world.listed.allocations = [allocation("x", version=0)]
    world.outputs.write("x", b"2026/01/01 11:54:00 old\n2026/01/01 11:59:00 new\n")

    assert [text[20:] for text in await world.read(LogQuery("a"))] == ["new"]


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
