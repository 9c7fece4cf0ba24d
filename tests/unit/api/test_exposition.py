"""Pieces: other work goes on between them, and nothing is lost or said twice."""

import asyncio
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge

from faas_nomad.api.exposition import PIECE_BYTES, Exposition


def many_lines() -> Iterator[str]:
    for number in range(300):
        yield f'a_gauge{{n="{number}"}} {"1" * 500}\n'


async def text_of(exposition: Exposition) -> list[bytes]:
    return [piece async for piece in exposition.pieces()]


async def test_the_registry_comes_first_and_every_source_follows() -> None:
    registry = CollectorRegistry()
    Gauge("registered", "About.", registry=registry).set(3)
    exposition = Exposition(registry)
    exposition.add_series(many_lines)
    exposition.add_series(lambda: iter(["last 1\n"]))

    pieces = await text_of(exposition)

    text = b"".join(pieces).decode()
    assert text.splitlines()[2] == "registered 3.0"
    assert text.endswith("".join(many_lines()) + "last 1\n")
    assert len(pieces) > 1
    assert max(map(len, pieces)) < PIECE_BYTES + 1000


async def test_other_work_goes_on_between_two_pieces() -> None:
    exposition = Exposition(CollectorRegistry())
    exposition.add_series(many_lines)
    turns = 0

    async def other_work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    working = asyncio.ensure_future(other_work())
    await text_of(exposition)
    working.cancel()

    assert turns >= 300
