"""One framing, decided once: what two readers could take for different messages goes nowhere."""

import asyncio

import pytest

from proxy.conftest import Proxy, StartProxy
from proxy.message import request, response
from proxy.origin import origin
from proxy.refusals import (
    CHUNKED,
    HEAD,
    REFUSED_CHUNKS,
    REFUSED_REQUESTS,
    REFUSED_RESPONSES,
)
from proxy.wire import Wire
from support.waiting import until


@pytest.mark.parametrize("data", REFUSED_REQUESTS.values(), ids=REFUSED_REQUESTS.keys())
async def test_an_ambiguous_or_malformed_request_is_400_and_goes_nowhere(
    proxy: Proxy, data: bytes
) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(data + request("/function/f/smuggled"))

        answer = await caller.read_message()
        assert answer.status == 400
        assert answer.value("Connection") == "close"
        assert await caller.rest() == b""
        assert replica.connections == 0
        assert proxy.stats.refused == {400: 1}


@pytest.mark.parametrize("version", [b"HTTP/0.9", b"HTTP/2.0"])
async def test_other_versions_are_505(proxy: Proxy, version: bytes) -> None:
    caller = await proxy.connect()
    await caller.send(b"GET /function/f %b\r\nHost: a\r\n\r\n" % version)

    assert (await caller.read_message()).status == 505


@pytest.mark.parametrize("chunks", REFUSED_CHUNKS.values(), ids=REFUSED_CHUNKS.keys())
async def test_malformed_chunks_are_400_and_go_nowhere(proxy: Proxy, chunks: bytes) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(CHUNKED + chunks)

        assert (await caller.read_message()).status == 400
        assert await caller.rest() == b""
        assert replica.connections == 0
        assert proxy.stats.limits == ({"trailer": 1} if chunks.endswith(b"X: 1\r\n") else {})


async def test_malformed_chunks_later_on_end_both_connections(proxy: Proxy) -> None:
    gone = asyncio.Event()

    async def until_end(wire: Wire) -> None:
        await wire.read_until(b"3\r\nabc\r\n")
        await wire.rest()
        gone.set()

    async with origin(until_end) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(CHUNKED + b"3\r\nabc\r\n")
        await until(lambda: replica.connections, "the first chunk is sent on")
        await caller.send(b"zz\r\n")

        assert (await caller.read_message()).status == 400
        await asyncio.wait_for(gone.wait(), 5)


@pytest.mark.parametrize("data", REFUSED_RESPONSES.values(), ids=REFUSED_RESPONSES.keys())
async def test_an_answer_that_could_be_read_in_two_ways_is_502(proxy: Proxy, data: bytes) -> None:
    async def hostile(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(data)
        await wire.rest()

    async with origin(hostile) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())

        answer = await caller.read_message()
        assert answer.status == 502
        assert answer.value("X-OpenFaaS-Internal") == "proxy"
        assert proxy.stats.upstream_errors == {"bad_answer": 1}
        assert proxy.codes() == {502: 1}
        await until(lambda: not proxy.stats.upstream_connections, "the connection is not kept")


async def test_more_than_the_answer_said_is_not_taken_for_the_next_one(proxy: Proxy) -> None:
    async with origin() as replica:
        replica.scripts = [replica.answering(response(b"ok") + response(b"smuggled"))]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(3):
            await caller.send(request())
            assert (await caller.read_message()).body == b"ok"
        assert replica.connections == 3


async def test_bytes_on_an_unused_connection_end_it(proxy: Proxy) -> None:
    async def talkative(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(response(b"ok"))
        await until(lambda: proxy.codes() == {200: 1}, "the answer is over")
        await wire.send(response(b"smuggled"))
        await wire.rest()

    async with origin(talkative) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())
        await caller.read_message()

        await until(lambda: not proxy.stats.upstream_connections, "the connection is closed")


@pytest.mark.parametrize("later", [b"zz\r\n", b"3\r\nabcd\r\n", b"0\r\nHost: x\r\n\r\n"])
async def test_an_answer_that_breaks_its_chunks_is_cut(proxy: Proxy, later: bytes) -> None:
    async def hostile(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" + later)
        await wire.rest()

    async with origin(hostile) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())

        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await caller.read_message()


async def test_a_head_that_is_too_long_is_431(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_head_bytes=1000)
    caller = await proxy.connect()
    await caller.send(request("/function/f", "X: " + "a" * 1000))

    assert (await caller.read_message()).status == 431
    assert proxy.stats.limits == {"head": 1}


async def test_a_head_without_an_end_is_431(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_head_bytes=1000)
    caller = await proxy.connect()
    await caller.send(b"GET /function/f HTTP/1.1\r\nX: " + b"a" * 1000)

    assert (await caller.read_message()).status == 431


async def test_too_many_fields_are_431(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_fields=10)
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request("/function/f", *("X: 1",) * 9))
        assert (await caller.read_message()).status == 200
        await caller.send(request("/function/f", *("X: 1",) * 10))

        assert (await caller.read_message()).status == 431
        assert proxy.stats.limits == {"fields": 1}


async def test_empty_lines_before_a_request_are_skipped(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(b"\r\n\r\n\r\n" + request())
        assert (await caller.read_message()).status == 200
        await caller.send(b"\r\n")
        await caller.send(b"\r\n" + request())

        assert (await caller.read_message()).status == 200
