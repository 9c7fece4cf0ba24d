"""Streams: what comes goes on at once, in bounded memory, and half an answer is seen to be half."""

import asyncio
import hashlib
from contextlib import suppress

from matrix.case import Case, Play, Stage, expect, expect_status, whole_answer
from proxy.message import request, response
from proxy.wire import Wire

PART = "Streams"
EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
MB = 1 << 20
HALVES = {
    "counted body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    "chunked body, between chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4\r\nhalf\r\n",
    "chunked body, within a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"40\r\nhalf",
    "body until close": b"HTTP/1.1 200 OK\r\n\r\nhalf",
}


def _events(*lines: str) -> Play:
    async def play(stage: Stage) -> None:
        seen = asyncio.Event()

        async def ticking(wire: Wire) -> None:
            await wire.read_message()
            await wire.send(EVENTS)
            for number in range(20):
                seen.clear()
                await wire.send(b"8\r\ndata: %02d\r\n" % number)
                await seen.wait()
            await wire.send(b"0\r\n\r\n")

        stage.following(ticking)
        caller = await stage.send(request("/function/f", *lines))
        for number in range(20):
            try:
                async with asyncio.timeout(1):
                    await caller.read_until(b"data: %02d" % number)
            except TimeoutError:
                expect(False, f"event {number + 1} is held back")
            seen.set()

    return play


async def _duplex(stage: Stage) -> None:
    async def echo(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await wire.send(EVENTS)
        for _ in range(5):
            await wire.read_until(b"\r\n")
            letter = await wire.read(3)
            await wire.send(b"1\r\n%b\r\n" % letter[:1])
        await wire.send(b"0\r\n\r\n")
        await wire.rest()

    stage.following(echo)
    caller = await stage.send(request("/function/f", "Transfer-Encoding: chunked", method="POST"))
    await caller.send(b"1\r\na\r\n")
    await caller.read_until(b"\r\n\r\n")
    for letter in b"abcde":
        try:
            async with asyncio.timeout(1):
                await caller.read_until(b"%c\r\n" % letter)
        except TimeoutError:
            expect(False, "held back")
        await caller.send(b"1\r\n%c\r\n" % (letter + 1))


def _dies(answer: bytes, *, reset: bool, version: str = "1.1") -> Play:
    async def play(stage: Stage) -> None:
        seen = asyncio.Event()

        async def dying(wire: Wire) -> None:
            await wire.read_message()
            await wire.send(answer)
            await seen.wait()
            if reset:
                wire.reset()

        stage.following(dying)
        caller = await stage.connect()
        await caller.send(f"GET /function/f HTTP/{version}\r\nHost: a\r\n\r\n".encode())
        asyncio.get_running_loop().call_later(0.2, seen.set)
        if version == "1.0":
            expect(not await _ends_whole(caller), "seen as complete")
        else:
            expect(await whole_answer(caller) is None, "seen as complete")

    return play


async def _ends_whole(caller: Wire) -> bool:
    """Tell whether a caller of HTTP/1.0 takes what came for the whole answer."""
    try:
        head = await caller.read_message(without_body=True)
        body = await caller.rest()
    except (asyncio.IncompleteReadError, ConnectionError):
        return False
    length = head.value("Content-Length")
    return length is None or len(body) == int(length)


async def _slow_reader(stage: Stage) -> None:
    sent = 0

    async def generous(wire: Wire) -> None:
        nonlocal sent
        await wire.read_message()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (40 * MB))
        for _ in range(40 * 16):
            await wire.send(b"x" * (MB // 16))
            sent += MB // 16

    stage.following(generous)
    caller = await stage.connect(receive_buffer=1 << 16)
    await caller.send(request())
    await caller.read_until(b"\r\n\r\n")
    before = -1
    while before != sent:
        before = sent
        await asyncio.sleep(0.1)
    expect(sent < 20 * MB, f"the function could send {sent // MB} of 40 MB")


def _intact(method: str) -> Play:
    body = bytes(range(256)) * 40_960

    async def play(stage: Stage) -> None:
        digest = hashlib.sha256(body).hexdigest().encode()
        stage.answering(response(body if method == "GET" else b"ok"))
        caller = await stage.connect()
        sent = asyncio.ensure_future(
            caller.send(request(method=method, body=None if method == "GET" else body))
        )
        answer = await caller.read_message()
        await sent
        expect_status(answer, 200)
        got = answer.body if method == "GET" else stage.requests[0].body
        expect(hashlib.sha256(got).hexdigest().encode() == digest, "changed on the way")

    return play


async def _left(stage: Stage) -> None:
    ended = asyncio.Event()

    async def endless(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(EVENTS)
        gone = asyncio.ensure_future(wire.is_cut())
        with suppress(ConnectionError):
            while not gone.done():
                await wire.send(b"1\r\nx\r\n")
                await asyncio.sleep(0.01)
        gone.cancel()
        ended.set()

    stage.following(endless)
    caller = await stage.send(request("/function/f", "Accept: text/event-stream"))
    await caller.read_until(b"x\r\n")
    caller.close()
    try:
        await asyncio.wait_for(ended.wait(), 3)
    except TimeoutError:
        expect(False, "goes on for more than 3 s")


NEVER = "never seen as complete"

CASES = (
    Case(
        PART,
        "events, Accept: text/event-stream",
        "each at once",
        _events("Accept: text/event-stream"),
    ),
    Case(PART, "events, no Accept", "each at once", _events()),
    Case(PART, "a request streamed while its answer is", "each part at once", _duplex),
    *(
        Case(PART, f"the function closes half-way, {name}", NEVER, _dies(answer, reset=False))
        for name, answer in HALVES.items()
        if "until close" not in name
    ),
    *(
        Case(PART, f"the function is killed half-way, {name}", NEVER, _dies(answer, reset=True))
        for name, answer in HALVES.items()
    ),
    *(
        Case(
            PART,
            f"the function is killed half-way, {name}, HTTP/1.0",
            NEVER,
            _dies(answer, reset=True, version="1.0"),
        )
        for name, answer in HALVES.items()
    ),
    Case(PART, "a caller that does not read", "stops the function", _slow_reader),
    Case(PART, "10 MB down", "arrive as they were sent", _intact("GET")),
    Case(PART, "10 MB up", "arrive as they were sent", _intact("POST")),
    Case(PART, "a caller that leaves", "ends the work of the function", _left),
)
