import asyncio
import time

import pytest

from proxy.conftest import Proxy, StartProxy
from proxy.message import request, response
from proxy.origin import origin
from proxy.wire import UNREAD_BYTES, Wire
from support.waiting import until

SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("accept", ["Accept: text/event-stream", "Accept: */*"])
async def test_each_event_arrives_before_the_next_is_sent(proxy: Proxy, accept: str) -> None:
    seen = asyncio.Event()

    async def ticking(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(SSE)
        for number in range(20):
            seen.clear()
            await wire.send(b"8\r\ndata: %02d\r\n" % number)
            await seen.wait()
        await wire.send(b"0\r\n\r\n")

    async with origin(ticking) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request("/function/f", accept))
        await caller.read_until(b"\r\n\r\n")
        for number in range(20):
            assert await caller.read_until(b"data: %02d\r\n" % number)
            seen.set()
        assert await caller.read_until(b"0\r\n\r\n")


async def test_the_head_arrives_before_any_of_the_body(proxy: Proxy) -> None:
    async def head_only(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(SSE)
        await wire.rest()

    async with origin(head_only) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())

        assert (await caller.read_message(without_body=True)).status == 200


async def test_a_request_is_streamed_while_its_answer_is(proxy: Proxy) -> None:
    async def duplex(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await wire.send(SSE)
        for _ in range(5):
            line = await wire.read(6)
            await wire.send(b"1\r\n%b\r\n" % line[3:4])
        await wire.send(b"0\r\n\r\n")
        await wire.rest()

    async with origin(duplex) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request("/function/f", "Transfer-Encoding: chunked", method="POST"))
        await caller.read_message(without_body=True)
        for letter in b"abcde":
            await caller.send(b"1\r\n%c\r\n" % letter)
            assert await caller.read(6) == b"1\r\n%c\r\n" % letter


async def test_a_slow_reader_stops_the_function_and_not_fills_the_proxy(proxy: Proxy) -> None:
    sent = 0

    async def generous(wire: Wire) -> None:
        nonlocal sent
        await wire.read_message()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % UNREAD_BYTES)
        for _ in range(UNREAD_BYTES >> 16):
            await asyncio.wait_for(wire_send(wire), 10)
            sent += 1 << 16

    async def wire_send(wire: Wire) -> None:
        await wire.send(b"x" * (1 << 16))

    async with origin(generous) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect(receive_buffer=1 << 16)
        await caller.send(request())
        await caller.read_until(b"\r\n\r\n")
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.1)
        assert sent < UNREAD_BYTES * 3 // 4, "the function could send although nobody reads"
        assert proxy.stats.limits == {"unread": 1}

        assert len(await caller.read(UNREAD_BYTES)) == UNREAD_BYTES
        await until(lambda: proxy.codes() == {200: 1}, "it is whole in the end")


async def test_a_slow_function_stops_the_caller(proxy: Proxy) -> None:
    go_on = asyncio.Event()

    async def lazy(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await go_on.wait()
        await wire.read(UNREAD_BYTES)
        await wire.send(response(b"read"))
        await wire.rest()

    async with origin(lazy) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        head = b"POST /function/f HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % UNREAD_BYTES
        await caller.send(head)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await caller.send(b"x" * UNREAD_BYTES)
        assert proxy.stats.limits["unread"] > 0
        go_on.set()

        assert (await caller.read_message()).body == b"read"


async def test_pipelined_requests_are_answered_in_order(proxy: Proxy) -> None:
    async with origin() as replica:

        async def by_path(wire: Wire) -> None:
            while True:
                message = await wire.read_message()
                await wire.send(response(message.start_line.encode() + message.body))

        replica.scripts = [by_path]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        targets = ["/function/f/0", "/function/nobody", "/function/f/2", "/system/x", "/function/f"]
        bodies = [b"a", b"bb", b"", b"dddd", b"e"]
        await caller.send(
            b"".join(
                request(target, method="POST", body=body)
                for target, body in zip(targets, bodies, strict=True)
            )
        )
        answers = [await caller.read_message() for _ in targets]

        assert [answer.status for answer in answers] == [200, 404, 200, 503, 200]
        assert answers[0].body == b"POST /0 HTTP/1.1a"
        assert answers[4].body == b"POST / HTTP/1.1e"


async def test_a_thousand_pipelined_requests_are_answered(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        sending = asyncio.ensure_future(
            caller.send(request() * 1000 + request("/function/x") * 1000)
        )
        for _ in range(1000):
            assert (await caller.read_message()).status == 200
        for _ in range(1000):
            assert (await caller.read_message()).status == 404
        await sending


async def test_requests_that_come_while_others_have_their_turn_are_answered(proxy: Proxy) -> None:
    sent = request("/function/nobody", method="POST", body=b"x" * 10) * 20
    caller = await proxy.connect()
    for _ in range(50):
        await caller.send(sent)
        await asyncio.sleep(0)  # the proxy reads it while it goes through what came before

    for _ in range(1000):
        assert (await caller.read_message()).status == 404


async def test_pipelined_requests_before_the_end_are_answered(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request() * 3 + b"GET /function/f HT")
        caller.send_eof()

        for _ in range(3):
            assert (await caller.read_message()).status == 200
        assert await caller.rest() == b""


@pytest.mark.parametrize("target", ["/function/nobody", "/system/functions"])
async def test_the_proxys_own_answers_end_with_the_requests(proxy: Proxy, target: str) -> None:
    proxy.rendered[b"/system/functions"] = b"[]"
    caller = await proxy.connect()
    await caller.send(request(target) * 100)
    caller.send_eof()

    for _ in range(100):
        assert (await caller.read_message()).status in (200, 404)
    assert await caller.rest() == b""


async def test_who_ends_its_side_before_it_reads_gets_all_answers(proxy: Proxy) -> None:
    count, body = 1_000, b"x" * 10_000
    async with origin() as replica:
        replica.scripts = [replica.answering(response(body))]
        proxy.publish(replica.port)
        caller = await proxy.connect(receive_buffer=1 << 16)
        await caller.send(request() * count)
        await until(lambda: proxy.stats.limits["unread"] == 1, "answers wait to be read")
        caller.send_eof()
        for _ in range(10):
            await asyncio.sleep(0)  # the end is seen while they wait

        for _ in range(count):
            assert (await caller.read_message()).body == body


async def test_who_pipelines_and_does_not_read_is_no_longer_read(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_held_bytes=10_000)
    body = b"x" * 100_000
    async with origin() as replica:
        replica.scripts = [replica.answering(response(body))]
        proxy.publish(replica.port)
        caller = await proxy.connect(receive_buffer=1 << 16)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await caller.send(request() * 100_000)
        answered = len(replica.requests)
        assert answered < 1000
        assert proxy.stats.limits["pipelined"] >= 1

        for _ in range(answered + 5):
            assert (await caller.read_message()).body == body


@pytest.mark.parametrize("later", [b"", b"x"])
async def test_an_event_takes_less_than_5_ms(proxy: Proxy, later: bytes) -> None:
    async def ticking(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(SSE)
        for _ in range(50):
            now = b"%020d" % time.perf_counter_ns()
            await wire.send(b"%x\r\n%b\r\n" % (len(now + later), now + later))
            await asyncio.sleep(0.002)
        await wire.send(b"0\r\n\r\n")

    async with origin(ticking) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())
        await caller.read_until(b"\r\n\r\n")
        took_ms = []
        for _ in range(50):
            size = int(await caller.read_until(b"\r\n"), 16)
            sent_ns = int((await caller.read(size + 2))[:20])
            took_ms.append((time.perf_counter_ns() - sent_ns) / 1e6)
        # The median: others use this machine too, and the benchmark has the 99th percentile.
        assert sorted(took_ms)[25] < 5
