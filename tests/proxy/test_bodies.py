import asyncio

import pytest

from proxy.conftest import Proxy, StartProxy
from proxy.wire import Wire, origin, request, response, until

BIG = bytes(range(256)) * 8192  # 2 MiB
CHUNKED = b"Transfer-Encoding: chunked"


async def echo(wire: Wire) -> None:
    """Answer each request with its body, framed as the request was."""
    while True:
        message = await wire.read_message()
        if message.value("Transfer-Encoding"):
            await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for start in range(0, len(message.body), 50_000):
                part = message.body[start : start + 50_000]
                await wire.send(b"%x\r\n%b\r\n" % (len(part), part))
            await wire.send(b"0\r\n\r\n")
        else:
            await wire.send(response(message.body))


def chunked(body: bytes, size: int) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"


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


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
async def test_an_answer_to_head_has_no_body(proxy: Proxy, answer: bytes) -> None:
    async with origin() as replica:
        replica.scripts = [replica.answering(answer, keep=b"Content-Length" in answer)]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(2):
            await caller.send(request(method="HEAD"))
            message = await caller.read_message(without_body=True)
            assert message.status == 200
        if message.value("Content-Length"):
            assert message.value("Content-Length") == "1000"
            assert replica.connections == 1


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@pytest.mark.parametrize("line", ["X: 1", "Content-Length: 5", "Transfer-Encoding: chunked"])
async def test_204_and_304_have_no_body(proxy: Proxy, status: str, line: str) -> None:
    async with origin() as replica:
        answer = f"HTTP/1.1 {status}\r\n{line}\r\n\r\n".encode()
        replica.scripts = [replica.answering(answer)]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(2):
            await caller.send(request())
            message = await caller.read_message(without_body=True)
            assert message.start_line == f"HTTP/1.1 {status}"
        if status.startswith("204"):
            assert message.value("Content-Length") is None
            assert message.value("Transfer-Encoding") is None


async def test_expect_is_answered_once_there_is_a_replica(proxy: Proxy) -> None:
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        data = request("/function/f", "Expect: 100-continue", method="POST", body=b"abc")
        await caller.send(data[:-3])
        assert (await caller.read_message(without_body=True)).status == 100
        await caller.send(data[-3:])

        assert (await caller.read_message()).body == b"abc"
        await caller.send(data)  # a caller that does not wait needs no 100
        assert (await caller.read_message()).body == b"abc"


async def test_expect_gets_the_refusal_instead_and_then_the_end(proxy: Proxy) -> None:
    proxy.publish()
    caller = await proxy.connect()
    data = request("/function/f", "Expect: 100-continue", method="POST", body=b"abc")
    await caller.send(data[:-3])

    answer = await caller.read_message()
    assert answer.status == 503
    assert answer.value("Connection") == "close"
    assert await caller.rest() == b""


async def test_another_expectation_is_417(proxy: Proxy) -> None:
    caller = await proxy.connect()
    await caller.send(request("/function/f", "Expect: a-miracle"))

    assert (await caller.read_message()).status == 417


async def test_interim_answers_are_dropped(proxy: Proxy) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    async with origin() as replica:
        replica.scripts = [
            replica.answering(b"HTTP/1.1 100 Continue\r\n\r\n" + hints + response(b"ok"))
        ]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(2):
            await caller.send(request())
            assert (await caller.read_message()).body == b"ok"
        assert replica.connections == 1


async def test_an_early_answer_arrives_and_the_rest_of_the_body_is_skipped(proxy: Proxy) -> None:
    async def early(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await wire.send(response(b"no", status="413 Too Large"))
        await wire.rest()

    async with origin(early) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        data = request(method="POST", body=BIG[:100_000])
        await caller.send(data[:1000])
        assert (await caller.read_message()).status == 413
        await caller.send(data[1000:] + request())

        assert (await caller.read_message()).status == 413
        assert replica.connections == 2


async def test_an_early_answer_arrives_although_the_caller_goes_on_sending(
    start_proxy: StartProxy,
) -> None:
    proxy = await start_proxy(max_skipped_bytes=1000)

    async def early(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await wire.send(response(b"no", status="413 Too Large"))
        await wire.rest()

    async with origin(early) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        data = request(method="POST", body=BIG)
        await caller.send(data[:500_000])

        assert (await caller.read_message()).status == 413
        assert await caller.rest() == b""


async def test_a_caller_may_close_its_sending_side(proxy: Proxy) -> None:
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request(method="POST", body=b"abc"))
        caller.send_eof()

        assert (await caller.read_message()).body == b"abc"
        assert await caller.rest() == b""


async def test_a_body_over_the_limit_is_413(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_body_bytes=1000)
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request(method="POST", body=b"x" * 1000))
        assert (await caller.read_message()).status == 200
        await caller.send(request(method="POST", body=b"x" * 1001))
        assert (await caller.read_message()).status == 413
        other = await proxy.connect()
        head = request("/function/f", CHUNKED.decode(), method="POST")
        await other.send(head + chunked(b"x" * 2000, 100))

        assert (await other.read_message()).status == 413
        assert proxy.stats.limits == {"body": 2}
        assert replica.connections == 1


async def test_a_body_that_turns_out_too_long_is_413(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_body_bytes=1000)
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        head = request("/function/f", CHUNKED.decode(), method="POST")
        await caller.send(head + chunked(b"x" * 500, 500)[:-5])
        await until(lambda: replica.connections, "the first chunk is sent on")
        await caller.send(chunked(b"x" * 900, 900))

        assert (await caller.read_message()).status == 413
        assert await caller.rest() == b""
