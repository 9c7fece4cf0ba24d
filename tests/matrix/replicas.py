"""Part 5: a request goes to another replica only when that cannot make it happen twice."""

import asyncio

from matrix.case import Case, Play, Stage, expect, expect_status, whole_answer
from proxy.message import Message, request, response
from proxy.wire import Wire

PART = "Retries"


def _refused(method: str, body: bytes | None) -> Play:
    async def play(stage: Stage) -> None:
        stage.answering(response(b"ok"))
        statuses = [(await stage.ask(method=method, body=body)).status for _ in range(12)]
        failed = sum(status != 200 for status in statuses)
        expect(not failed, "some requests fail")

    return play


def _died(method: str, body: bytes | None, *, repeats: bool) -> Play:
    """Let the first replica that gets a request die without a word."""

    async def play(stage: Stage) -> None:
        seen: list[Message] = []

        async def dying_first(wire: Wire) -> None:
            while True:
                seen.append(await wire.read_message())
                if len(seen) == 1:
                    return wire.reset()
                await wire.send(response(b"ok"))

        stage.following(dying_first)
        answer = await whole_answer(await stage.send(request(method=method, body=body)))
        if repeats:
            expect(answer is not None, "closed without an answer")
            assert answer is not None
            expect_status(answer, 200)
        else:
            expect(len(seen) == 1, f"sent {len(seen)} times")
            expect(answer is not None and answer.status >= 500, "no error told")

    return play


def _stale(method: str, body: bytes | None, *, repeats: bool) -> Play:
    """Let a kept connection be reset by the next request on it."""

    async def play(stage: Stage) -> None:
        seen: list[Message] = []

        async def once(wire: Wire) -> None:
            seen.append(await wire.read_message())
            await wire.send(response(b"ok"))
            if len(seen) > 1:
                return await _rest(wire)
            seen.append(await wire.read_message())
            wire.reset()

        stage.following(once)
        caller = await stage.connect()
        await caller.send(request())
        await caller.read_message()
        await caller.send(request(method=method, body=body))
        answer = await whole_answer(caller)
        expect(len(seen) > 1, "the connection was not kept")
        if repeats:
            expect(answer is not None, "closed without an answer")
            assert answer is not None
            expect_status(answer, 200)
        else:
            expect(len(seen) == 2, "sent twice")

    return play


async def _rest(wire: Wire) -> None:
    await wire.rest()


async def _begun(stage: Stage) -> None:
    seen: list[Message] = []

    async def half_a_head(wire: Wire) -> None:
        seen.append(await wire.read_message())
        await wire.send(b"HTTP/1.1 200 OK\r\nX: ")
        await asyncio.sleep(0.05)

    stage.following(half_a_head)
    await whole_answer(await stage.send(request()))
    expect(len(seen) == 1, f"sent {len(seen)} times")


BODY = b"abc"
OTHER = "another replica answers"
CASES = (
    Case(PART, "GET, one of two replicas refuses", OTHER, _refused("GET", None), refusing=1),
    Case(PART, "POST, one of two replicas refuses", OTHER, _refused("POST", BODY), refusing=1),
    Case(PART, "GET, the replica dies unheard", OTHER, _died("GET", None, repeats=True), 2),
    Case(PART, "POST, the replica dies", "sent once", _died("POST", BODY, repeats=False), 2),
    Case(PART, "GET on a stale connection", "answered", _stale("GET", None, repeats=True)),
    Case(PART, "POST on a stale connection", "sent once", _stale("POST", BODY, repeats=False)),
    Case(PART, "GET, the replica dies in its head", "sent once", _begun, 2),
)
