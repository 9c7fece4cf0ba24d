"""A reader gets what it asked for, and is told what it was too slow for."""

import asyncio
import gc
import json
import weakref

from faas_nomad.operations.function_logs.delivery import PIECE_BYTES, delivered
from faas_nomad.operations.function_logs.messages import OWN_WORDS
from faas_nomad.state.log_ring import LogLine, LogRing
from faas_nomad.translate.log_query import LogQuery
from support.log_world import FOLLOW, KEY, NOW_NS, WITHIN_S, World
from support.nomad_shapes import allocation
from support.waiting import until


async def test_without_a_tail_only_the_last_minutes_are_read(world: World) -> None:
    world.listed.allocations = [allocation("x", version=0)]
    world.outputs.write("x", b"2026/01/01 11:54:00 old\n2026/01/01 11:59:00 new\n")

    assert [text[20:] for text in await world.read(LogQuery("a"))] == ["new"]


async def test_what_goes_while_a_reader_is_told_what_it_missed_is_told_too(world: World) -> None:
    async with world.logs.reading(KEY, FOLLOW) as pieces:
        world.outputs.write("x", b"first\n")
        assert json.loads(await anext(pieces))["text"] == "first"
        await _write_much(world, lines=40)
        told = json.loads(await anext(pieces))["text"]
        await _write_much(world, lines=40)
        world.outputs.write("x", b"the last\n")
        got = []
        async with asyncio.timeout(WITHIN_S):
            while "the last" not in got:
                got += [json.loads(line)["text"] for line in (await anext(pieces)).splitlines()]

    assert told.startswith(OWN_WORDS)
    lines = [text for text in got if not text.startswith(OWN_WORDS)]
    assert len(lines) + world.logs.stats.lines_left_out == 81


class OneStream:
    """A stream as far as delivery looks at it."""

    def __init__(self, max_bytes: int) -> None:
        self.ring = LogRing(max_bytes)

    async def news_after(self, position: int) -> None:
        assert position < self.ring.end, "there is always more in this test"


async def test_a_reader_that_stalls_holds_one_piece_and_not_all_that_it_lags_behind() -> None:
    """A thousand that stall at different times would hold a thousand buffers."""
    stream = OneStream(20 * PIECE_BYTES)
    line = LogLine(NOW_NS, "x", b"x" * (PIECE_BYTES - 1) + b"\n")
    stream.ring.append([line])
    pieces = delivered(stream, FOLLOW, NOW_NS, lambda _count: line)  # type: ignore[arg-type]
    await anext(pieces)
    for _ in range(15):
        stream.ring.append([line])
    kept = [weakref.ref(batch) for batch in stream.ring.after(0)]

    await anext(pieces)  # and it stalls
    stream.ring.append([line] * 40)
    gc.collect()

    assert sum(ref() is not None for ref in kept) <= 1
    await pieces.aclose()  # type: ignore[attr-defined]


async def _write_much(world: World, *, lines: int) -> None:
    """Write more than is kept of a function, and wait until it was read."""
    before = world.logs.stats.lines
    for number in range(lines):
        world.outputs.write("x", b"%d" % number * 2_000 + b"\n")
        await asyncio.sleep(0)
    await until(lambda: world.logs.stats.lines == before + lines, "all is read")


async def test_a_reader_that_is_too_slow_is_told_how_much_it_missed(world: World) -> None:
    async with world.logs.reading(KEY, FOLLOW) as pieces:
        world.outputs.write("x", b"first\n")
        seen = json.loads(await anext(pieces))
        assert seen["text"] == "first"
        await _write_much(world, lines=40)

        told = json.loads(await anext(pieces))

    missed = world.logs.stats.lines_left_out
    assert missed > 0
    assert told["text"] == (
        f"faas-nomad: {missed} lines are left out: they came faster than this reader took them"
    )
