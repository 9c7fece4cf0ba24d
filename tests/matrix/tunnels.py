"""Part 6: WebSockets and other upgraded connections."""

from matrix.case import Case, Stage, expect, expect_status, whole_answer
from proxy.message import request, response
from proxy.wire import Wire

PART = "Tunnels"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
OFFER = request("/function/f", "Connection: Upgrade", "Upgrade: echo")


async def _echo(wire: Wire) -> None:
    await wire.read_message(without_body=True)
    await wire.send(SWITCH)
    while data := await wire.read_some():
        await wire.send(data)


async def _open(stage: Stage, early: bytes = b"") -> Wire:
    caller = await stage.send(OFFER + early)
    answer = await caller.read_message(without_body=True)
    expect(answer.status == 101, f"answer {answer.status}")
    return caller


async def _both_ways(stage: Stage) -> None:
    stage.following(_echo)
    caller = await _open(stage)
    for size in (1, 1000, 300_000):
        await caller.send(b"x" * size)
        expect(await caller.read(size) == b"x" * size, "bytes changed")


async def _early(stage: Stage) -> None:
    stage.following(_echo)
    caller = await _open(stage, b"early")
    expect(await caller.read(5) == b"early", "lost")


async def _half_closed(stage: Stage) -> None:
    stage.following(_echo)
    caller = await _open(stage)
    await caller.send(b"x" * 100_000)
    caller.send_eof()
    got = await caller.rest()
    expect(len(got) == 100_000, f"{len(got):,} of 100,000 bytes came back")


async def _function_leaves(stage: Stage) -> None:
    async def leaving(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await wire.send(SWITCH + b"bye")

    stage.following(leaving)
    caller = await _open(stage)
    expect(await caller.rest() == b"bye", "the last bytes are lost")


async def _declined(stage: Stage) -> None:
    stage.answering(response(b"ok"))
    caller = await stage.send(OFFER + request())
    for _ in range(2):
        expect_status(await caller.read_message(), 200)


async def _without_offer(stage: Stage) -> None:
    stage.answering(SWITCH)
    answer = await whole_answer(await stage.send(request()))
    expect(answer is None or answer.status != 101, "passed on as 101")


CASES = (
    Case(PART, "bytes both ways after 101", "arrive", _both_ways),
    Case(PART, "bytes sent along with the offer", "arrive", _early),
    Case(PART, "one side closes half", "the other may go on", _half_closed),
    Case(PART, "the function leaves", "its last bytes arrive", _function_leaves),
    Case(PART, "an offer that is declined", "requests go on", _declined),
    Case(PART, "101 that nobody asked for", "not passed on", _without_offer),
)
