import asyncio

import pytest

from proxy.conftest import Proxy
from proxy.message import CHUNKED, chunked, request, response
from proxy.origin import echo, origin
from proxy.wire import Wire
from support.waiting import until

BIG = bytes(range(256)) * 8192  # 2 MiB


@pytest.mark.parametrize("size", [0, 1, 100, 20_000, 300_000, len(BIG)])
async def test_counted_bodies_go_both_ways_with_their_length(proxy: Proxy, size: int) -> None:
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(2):
            sending = asyncio.ensure_future(caller.send(request(method="POST", body=BIG[:size])))
            answer = await caller.read_message()
            await sending

            assert answer.value("Content-Length") == str(size)
            assert answer.body == BIG[:size]
        assert replica.connections == 1


@pytest.mark.parametrize("size", [1, 100, 300_000, len(BIG)])
@pytest.mark.parametrize("chunk_size", [7, 4096, 1 << 20])
async def test_chunked_bodies_go_both_ways(proxy: Proxy, size: int, chunk_size: int) -> None:
    size = min(size, chunk_size * 2_000)
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(2):
            head = request("/function/f", CHUNKED.decode(), method="POST")
            body = chunked(BIG[:size], chunk_size)
            sending = asyncio.ensure_future(caller.send(head + body))
            answer = await caller.read_message()
            await sending

            assert answer.body == BIG[:size]
        assert replica.connections == 1


async def test_heads_and_bodies_may_come_byte_by_byte(proxy: Proxy) -> None:
    async def slow(wire: Wire) -> None:
        assert (await wire.read_message()).body == b"abcdef"
        answer = b"HTTP/1.1 200 OK\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        for byte in answer + b"2\r\nok\r\n3;e\r\n123\r\n0\r\nT: 1\r\n\r\n":
            await wire.send(bytes([byte]))
            await asyncio.sleep(0)

    async with origin(slow) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        head = request("/function/f", CHUNKED.decode(), method="POST")
        for byte in head + b"2\r\nab\r\n4\r\ncdef\r\n0\r\n\r\n":
            await caller.send(bytes([byte]))
            await asyncio.sleep(0)

        assert (await caller.read_message()).body == b"ok123"


async def test_chunk_extensions_and_trailers_pass(proxy: Proxy) -> None:
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        head = request("/function/f", CHUNKED.decode(), "Trailer: X-Sum", method="POST")
        await caller.send(head + b'3;a="b c"\r\nabc\r\n00\r\nX-Sum: 1\r\n\r\n' + request())

        assert (await caller.read_message()).body == b"abc"
        assert (await caller.read_message()).body == b""


async def test_a_body_until_close_becomes_chunked(proxy: Proxy) -> None:
    async def closing(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(b"HTTP/1.1 200 OK\r\nX: 1\r\n\r\n")
        await wire.send(b"to the ")
        await wire.send(b"end")

    async with origin(closing) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(2):
            await caller.send(request())
            answer = await caller.read_message()
            assert answer.value("Transfer-Encoding") == "chunked"
            assert answer.body == b"to the end"
        assert proxy.codes() == {200: 2}


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        response(b"hello"),
    ],
)
async def test_a_caller_of_http_1_0_gets_a_plain_body_and_the_end(
    proxy: Proxy, answer: bytes
) -> None:
    async with origin() as replica:
        replica.scripts = [replica.answering(answer, keep=False)]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(b"GET /function/f HTTP/1.0\r\n\r\n")

        head, _, body = (await caller.rest()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"Connection: close" in head
        assert b"Transfer-Encoding" not in head
        assert body == b"hello"
        assert replica.requests[0].start_line == "GET / HTTP/1.1"
        assert replica.requests[0].value("Host") == ""


async def test_http_1_0_may_keep_its_connection(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(2):
            await caller.send(b"GET /function/f HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
            answer = await caller.read_message()
            assert answer.value("Connection") == "keep-alive"
            assert answer.body == b"ok"


async def test_a_caller_that_asks_for_the_end_gets_it(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request("/function/f", "Connection: close"))

        answer = await caller.read_message()
        assert answer.value("Connection") == "close"
        assert await caller.rest() == b""
        await until(lambda: proxy.stats.upstream_connections == 1, "the replica's is kept")
