import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from proxy.conftest import Proxy, StartProxy
from proxy.message import OFFER, SWITCH, request, response
from proxy.origin import origin
from proxy.wire import UNREAD_BYTES, Wire
from support.waiting import until


async def echo(wire: Wire) -> None:
    """Switch, then send back whatever comes, until the other side is done."""
    message = await wire.read_message(without_body=True)
    assert message.value("Connection") == "Upgrade"
    assert message.value("Upgrade") == "echo"
    await wire.send(SWITCH + b"hello")
    while data := await wire.read_some():
        await wire.send(data)


async def test_a_websocket_conversation_goes_through(proxy: Proxy) -> None:
    async def shout(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message.upper())

    async with serve(shout, "127.0.0.1", 0) as server:
        proxy.publish(server.sockets[0].getsockname()[1])
        async with connect(f"ws://127.0.0.1:{proxy.port}/function/f/room?x=1") as socket:
            for size in (1, 1000, 500_000):
                await socket.send("a" * size)
                assert await socket.recv() == "A" * size
            assert proxy.stats.tunnels == 1
            assert await proxy.path.under_way("f.openfaas-fn") == 1
        await until(lambda: not proxy.stats.tunnels, "the tunnel is closed")
    assert proxy.codes() == {101: 1}


async def test_bytes_go_both_ways_and_early_ones_are_not_lost(proxy: Proxy) -> None:
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(OFFER + b"early")

        answer = await caller.read_message(without_body=True)
        assert answer.status == 101
        assert answer.value("Connection") == "Upgrade"
        assert answer.value("Upgrade") == "echo"
        assert await caller.read(10) == b"helloearly"
        await caller.send(b"GET / HTTP/1.1\r\n\r\n")
        assert await caller.read(18) == b"GET / HTTP/1.1\r\n\r\n"


async def test_a_tunnel_may_be_closed_half(proxy: Proxy) -> None:
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(OFFER + b"x" * 100_000)
        await caller.read_until(b"hello")
        caller.send_eof()

        assert await caller.rest() == b"x" * 100_000
        await until(lambda: not proxy.stats.tunnels, "the tunnel is closed")


async def test_a_function_that_leaves_a_tunnel_ends_it(proxy: Proxy) -> None:
    async def leaving(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await wire.send(SWITCH + b"bye")

    async with origin(leaving) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(OFFER)
        await caller.read_message(without_body=True)

        assert await caller.rest() == b"bye"
        caller.close()
        await until(lambda: not proxy.stats.tunnels, "the tunnel is closed")


async def test_an_offer_may_be_declined(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(OFFER + request())

        assert (await caller.read_message()).body == b"ok"
        assert (await caller.read_message()).body == b"ok"


async def test_an_offer_with_a_body_is_not_passed_on(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        data = request(
            "/function/f", "Connection: upgrade", "Upgrade: h2c", method="POST", body=b"a"
        )
        await caller.send(data)
        await caller.read_message()

        assert replica.requests[0].value("Upgrade") is None
        assert replica.requests[0].value("Connection") is None


async def test_a_silent_tunnel_ends(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(tunnel_idle_time_s=0.3)
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(OFFER)
        await caller.read_until(b"hello")
        for _ in range(4):
            await asyncio.sleep(0.15)
            await caller.send(b"x")
            assert await caller.read(1) == b"x"

        assert await caller.rest() == b""
        assert proxy.stats.limits == {"tunnel_idle_time": 1}


async def test_more_tunnels_than_allowed_are_503(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_tunnels=1)
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        first, second = await proxy.connect(), await proxy.connect()
        await first.send(OFFER)
        await first.read_until(b"hello")
        await second.send(OFFER)

        assert (await second.read_message()).status == 503
        assert proxy.stats.limits == {"tunnels": 1}
        await first.send(b"x")
        assert await first.read(1) == b"x"


async def test_a_tunnel_outlives_the_functions_time_limit(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(exchange_time_s=0.1)
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(OFFER)
        await caller.read_until(b"hello")
        await asyncio.sleep(0.3)
        await caller.send(b"x")

        assert await caller.read(1) == b"x"


@pytest.mark.parametrize("line", ["", "Connection: Upgrade\r\n", "Upgrade: echo\r\n"])
async def test_101_without_what_it_switches_to_is_502(proxy: Proxy, line: str) -> None:
    async with origin() as replica:
        replica.scripts = [
            replica.answering(f"HTTP/1.1 101 Switching Protocols\r\n{line}\r\n".encode())
        ]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        offered = OFFER if "Upgrade: echo" not in line else request()
        await caller.send(offered)

        assert (await caller.read_message()).status == 502


async def test_a_slow_reader_of_a_tunnel_stops_the_sender(proxy: Proxy) -> None:
    sent = 0

    async def generous(wire: Wire) -> None:
        nonlocal sent
        await wire.read_message(without_body=True)
        await wire.send(SWITCH)
        for _ in range(UNREAD_BYTES >> 16):
            await wire.send(b"x" * (1 << 16))
            sent += 1 << 16

    async with origin(generous) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect(receive_buffer=1 << 16)
        await caller.send(OFFER)
        await caller.read_until(b"\r\n\r\n")
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.1)

        assert sent < UNREAD_BYTES * 3 // 4
        assert len(await caller.read(UNREAD_BYTES)) == UNREAD_BYTES


async def test_a_function_that_reads_nothing_does_not_keep_an_ended_tunnel_open(
    start_proxy: StartProxy,
) -> None:
    proxy = await start_proxy(tunnel_idle_time_s=1.0, idle_time_s=0.5)
    hung = asyncio.Event()

    async def deaf(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        wire.stop_reading()
        await wire.send(SWITCH)
        await hung.wait()

    async with origin(deaf) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(OFFER)
        await caller.read_until(b"\r\n\r\n")
        with pytest.raises((TimeoutError, ConnectionResetError)):
            await caller.send(b"x" * UNREAD_BYTES)

        await until(lambda: not proxy.stats.upstream_connections, "both connections are closed")
        assert proxy.stats.limits["tunnel_idle_time"] == 1


async def test_the_answer_after_an_upgrade_is_no_tunnel(proxy: Proxy) -> None:
    async with origin() as replica:
        replica.scripts = [replica.answering(response(b"no", status="426 Upgrade Required"))]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(OFFER)

        assert (await caller.read_message()).status == 426
        assert proxy.stats.tunnels == 0
