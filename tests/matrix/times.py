"""Part 7: time limits."""

import asyncio

from matrix.case import Case, Stage, expect, expect_status, whole_answer
from proxy.message import request, response
from proxy.wire import Wire

PART = "Time limits"


async def _silent(wire: Wire) -> None:
    await wire.rest()


async def _no_answer(stage: Stage) -> None:
    stage.following(_silent)
    answer = await whole_answer(await stage.send(request()))
    expect(answer is not None, "closed without an answer")
    assert answer is not None
    expect_status(answer, 504)


async def _internal(stage: Stage) -> None:
    stage.following(_silent)
    answer = await whole_answer(await stage.send(request()))
    expect(answer is not None, "closed without an answer")
    assert answer is not None
    said = answer.value("X-OpenFaaS-Internal")
    expect(said == "proxy", f"answer {answer.status}, not marked")


async def _begun(stage: Stage) -> None:
    async def half(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        await wire.rest()

    stage.following(half)
    caller = await stage.send(request())
    try:
        expect(await whole_answer(caller) is None, "seen as complete")
    except TimeoutError:
        expect(False, "kept open")


async def _in_time(stage: Stage) -> None:
    async def slow(wire: Wire) -> None:
        await wire.read_message()
        await asyncio.sleep(0.7)
        await wire.send(response(b"ok"))
        await wire.rest()

    stage.following(slow)
    expect_status(await stage.ask(), 200)


async def _body_missing(stage: Stage) -> None:
    stage.following(_silent)
    caller = await stage.send(request(method="POST", body=b"abc")[:-1])
    try:
        answer = await whole_answer(caller)
    except TimeoutError:
        expect(False, "kept open")
    expect(answer is None or answer.status >= 400, "taken for whole")


CASES = (
    Case(PART, "no answer in time", "504", _no_answer),
    Case(PART, "no answer in time, whose fault", "X-OpenFaaS-Internal: proxy", _internal),
    Case(PART, "an answer that stops half-way", "cut", _begun),
    Case(PART, "an answer within the time", "arrives", _in_time),
    Case(PART, "a body that does not come", "refused in time", _body_missing),
)
