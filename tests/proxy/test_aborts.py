"""An answer that is not whole is never seen as whole, and nobody works for a caller who left."""

import asyncio

import pytest

from proxy.conftest import Proxy
from proxy.message import request
from proxy.origin import origin
from proxy.wire import Wire
from support.waiting import until

COUNTED = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"
IN_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nhalf"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nhalf"


@pytest.mark.parametrize(
    ("answer", "reset"),
    [
        (COUNTED, False),
        (COUNTED, True),
        (CHUNKED, False),
        (CHUNKED, True),
        (IN_CHUNK, False),
        (UNTIL_CLOSE, True),
    ],
)
@pytest.mark.parametrize("version", ["1.1", "1.0"])
async def test_a_function_that_dies_half_way_is_seen_to(
    proxy: Proxy, answer: bytes, reset: bool, version: str
) -> None:
    seen = asyncio.Event()

    async def dying(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(answer)
        await seen.wait()
        if reset:
            wire.reset()

    async with origin(dying) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(b"GET /function/f HTTP/%b\r\nHost: a\r\n\r\n" % version.encode())
        await caller.read_until(b"half")
        seen.set()

        assert await caller.is_cut()
        assert proxy.stats.upstream_errors == {"cut_short": 1}


async def test_a_caller_who_leaves_ends_the_work_of_the_function(proxy: Proxy) -> None:
    left = asyncio.Event()

    async def endless(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                await wire.send(b"1\r\nx\r\n")
                await asyncio.sleep(0.01)
        except ConnectionError:
            left.set()

    async with origin(endless) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())
        await caller.read_until(b"x\r\n")
        caller.close()

        await asyncio.wait_for(left.wait(), 5)
        assert proxy.codes() == {200: 1}


async def test_a_caller_who_resets_before_the_answer_is_counted_as_gone(proxy: Proxy) -> None:
    left = asyncio.Event()

    async def thinking(wire: Wire) -> None:
        await wire.read_message()
        await wire.rest()
        left.set()

    async with origin(thinking) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())
        await until(lambda: replica.connections, "the request is there")
        caller.reset()

        await until(left.is_set, "the replica's connection is closed")
        assert proxy.codes() == {499: 1}


async def test_a_caller_who_leaves_within_the_body_ends_the_request(proxy: Proxy) -> None:
    got: list[bytes] = []

    async def reading(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        try:
            got.append(await wire.rest())
        except ConnectionResetError:
            got.append(b"reset")

    async with origin(reading) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request(method="POST", body=b"x" * 100)[:-50])
        await until(lambda: replica.connections, "the request is there")
        caller.close()

        await until(lambda: got, "the replica's connection is closed")
        assert proxy.codes() == {499: 1}


async def test_a_caller_who_leaves_while_connecting_leaves_nothing_behind(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        for _ in range(20):
            caller = await proxy.connect()
            await caller.send(request())
            caller.reset()
        await until(lambda: not proxy.stats.clients, "all callers are gone")
        await until(
            lambda: not proxy.stats.functions["f.openfaas-fn"].in_flight, "nothing is in flight"
        )
