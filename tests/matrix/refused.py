"""Part 4, strictness: what two readers could understand differently goes nowhere."""

import asyncio

from matrix.case import (
    BrokenError,
    Case,
    Play,
    Stage,
    expect,
    expect_status,
    is_closed,
    whole_answer,
)
from proxy.message import request, response
from proxy.refusals import CHUNKED, GET, REFUSED_CHUNKS, REFUSED_REQUESTS, REFUSED_RESPONSES
from proxy.wire import Wire

PART = "Strict framing"


def _refused_request(data: bytes) -> Play:
    async def play(stage: Stage) -> None:
        caller = await stage.send(data + request("/function/f/smuggled"))
        answer = await whole_answer(caller)
        passed = len(stage.requests)
        expect(not passed, f"passed on{', as two requests' if passed > 1 else ''}")
        expect(answer is not None, "closed without an answer")
        assert answer is not None
        expect(answer.status >= 400, f"answer {answer.status}")
        expect(await is_closed(caller), f"{answer.status}, but read on behind it")

    return play


def _refused_chunks(chunks: bytes) -> Play:
    async def play(stage: Stage) -> None:
        caller = await stage.send(CHUNKED + chunks + b"0\r\n\r\n")
        try:
            answer = await whole_answer(caller)
        except TimeoutError:
            raise BrokenError("waits for more") from None
        expect(not stage.requests, "passed on as a whole request")
        expect(answer is None or answer.status >= 400, "taken for a whole request")

    return play


def _refused_response(data: bytes) -> Play:
    async def play(stage: Stage) -> None:
        async def hostile(wire: Wire) -> None:
            await wire.read_message()
            await wire.send(data)
            await wire.rest()

        stage.following(hostile)
        caller = await stage.send(request())
        answer = await whole_answer(caller)
        expect(answer is not None, "closed without an answer")
        assert answer is not None
        expect(answer.status >= 500, f"passed on as {answer.status}")

    return play


async def _more_than_the_answer(stage: Stage) -> None:
    stage.answering(response(b"ok") + response(b"smuggled"))
    caller = await stage.connect()
    for _ in range(3):
        await caller.send(request())
        answer = await whole_answer(caller)
        expect(answer is not None, "closed without an answer")
        expect(answer is not None and answer.body == b"ok", "took it for the next answer")


async def _long_head(stage: Stage) -> None:
    lines = [f"X-{number}: {'a' * 10_000}" for number in range(120)]
    answer = await whole_answer(await stage.send(request("/function/f", *lines)))
    expect(answer is not None, "closed without an answer")
    assert answer is not None
    expect_status(answer, 431, 400)


async def _many_fields(stage: Stage) -> None:
    lines = [f"X-{number}: 1" for number in range(1000)]
    answer = await whole_answer(await stage.send(request("/function/f", *lines)))
    expect(answer is not None, "closed without an answer")
    assert answer is not None
    expect_status(answer, 431, 400)


async def _slow_head(stage: Stage) -> None:
    caller = await stage.connect()
    try:
        async with asyncio.timeout(5):
            ended = asyncio.ensure_future(caller.rest())
            while not ended.done():
                await caller.send(b"G")
                await asyncio.sleep(0.05)
            data = await ended
    except TimeoutError:
        ended.cancel()
        expect(False, "kept for more than 5 s")
    except ConnectionError:
        return
    expect(not data or data.startswith(b"HTTP/1.1 4"), "no refusal")


CASES = (
    *(
        Case(PART, name, "refused and closed, nothing passed on", _refused_request(data))
        for name, data in REFUSED_REQUESTS.items()
    ),
    *(
        Case(
            PART,
            f"version {version.decode()}",
            "refused and closed, nothing passed on",
            _refused_request(GET.replace(b"HTTP/1.1", version) + b"Host: a\r\n\r\n"),
        )
        for version in (b"HTTP/0.9", b"HTTP/2.0")
    ),
    *(
        Case(PART, f"chunks: {name}", "refused, no whole request passed on", _refused_chunks(data))
        for name, data in REFUSED_CHUNKS.items()
    ),
    *(
        Case(PART, f"answer: {name}", "502, nothing of it passed on", _refused_response(data))
        for name, data in REFUSED_RESPONSES.items()
    ),
    Case(PART, "answer with another behind it", "never given to a caller", _more_than_the_answer),
    Case(PART, "a head of 1.2 MB", "refused", _long_head),
    Case(PART, "1,000 header lines", "refused", _many_fields),
    Case(PART, "a head byte by byte without end", "refused in time", _slow_head),
)
