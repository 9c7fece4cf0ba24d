import asyncio

import pytest

from faas_nomad.state.endpoints import Endpoint, Route, RoutePolicy
from proxy.conftest import Proxy, StartProxy
from proxy.message import request, response
from proxy.origin import origin
from proxy.wire import Wire
from support.waiting import until


async def silent(wire: Wire) -> None:
    await wire.rest()


async def test_no_answer_in_time_is_504(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(exchange_time_s=0.1)
    async with origin(silent) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())

        answer = await caller.read_message()
        assert answer.status == 504
        assert answer.value("X-OpenFaaS-Internal") == "proxy"
        assert proxy.stats.limits == {"exchange_time": 1}
        await caller.send(request("/function/nobody"))
        assert (await caller.read_message()).status == 404
        await until(lambda: not proxy.stats.upstream_connections, "the replica's end is closed")


async def test_an_answer_that_began_is_cut(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(exchange_time_s=0.2)

    async def half(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await wire.rest()

    async with origin(half) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())
        await caller.read_until(b"half")

        assert await caller.is_cut()


async def test_a_function_has_its_own_time_limit(proxy: Proxy) -> None:
    async with origin(silent) as replica:
        proxy.publish(replica.port, policy=RoutePolicy(timeout_s=0.1))
        caller = await proxy.connect()
        await caller.send(request())

        assert (await caller.read_message()).status == 504


async def test_a_limit_of_0_is_none(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(exchange_time_s=0.1)

    async def slow(wire: Wire) -> None:
        await wire.read_message()
        await asyncio.sleep(0.4)
        await wire.send(response(b"ok"))

    async with origin(slow) as replica:
        proxy.publish(replica.port, policy=RoutePolicy(timeout_s=0))
        caller = await proxy.connect()
        await caller.send(request())

        assert (await caller.read_message()).body == b"ok"


async def test_a_body_that_does_not_come_is_408(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(exchange_time_s=0.1)
    async with origin(silent) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request(method="POST", body=b"abc")[:-1])

        assert (await caller.read_message()).status == 408
        assert await caller.rest() == b""
        assert proxy.stats.limits == {"body_time": 1}


@pytest.mark.parametrize("part", [b"G", b"GET /function/f HTTP/1.1\r\nHost: a\r\n"])
async def test_a_head_that_does_not_come_is_408(start_proxy: StartProxy, part: bytes) -> None:
    proxy = await start_proxy(head_time_s=0.1)
    caller = await proxy.connect()
    await caller.send(part)

    assert (await caller.read_message()).status == 408
    assert await caller.rest() == b""
    assert proxy.stats.limits == {"head_time": 1}


async def test_a_slow_sender_gains_no_time_by_sending(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(head_time_s=0.3)
    caller = await proxy.connect()
    started_s = asyncio.get_running_loop().time()
    while not proxy.stats.limits:
        await caller.send(b"G")
        await asyncio.sleep(0.02)
    assert proxy.stats.limits == {"head_time": 1}
    assert asyncio.get_running_loop().time() - started_s < 3


async def test_an_unused_connection_is_closed(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(idle_time_s=0.1)
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())
        await caller.read_message()

        assert await caller.rest() == b""
        assert proxy.stats.limits == {"idle_time": 1}


async def test_an_unused_connection_to_a_replica_is_closed(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(upstream_idle_time_s=0.1)
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())
        await caller.read_message()

        await until(lambda: not proxy.stats.upstream_connections, "it is closed")


async def test_a_replica_that_cannot_be_connected_in_time_is_502(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(connect_time_s=0.1)
    # 192.0.2.0/24 is for documentation (RFC 5737): nobody answers there, or nobody can be reached.
    route = Route("f.openfaas-fn", (Endpoint("a", "192.0.2.1", 81),), 1)
    proxy.table.publish(("f",), route)
    caller = await proxy.connect()
    await caller.send(request())

    assert (await caller.read_message()).status == 502
    assert proxy.failed == ["a"]


async def test_a_control_plane_call_has_no_limit_but_its_body_has(
    start_proxy: StartProxy, control_socket: str
) -> None:
    proxy = await start_proxy(exchange_time_s=0.1, body_time_s=0.2)
    go_on = asyncio.Event()

    async def logs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer)
        try:
            await wire.read_message()
            await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            await go_on.wait()
            await wire.send(b"0\r\n\r\n")
        except asyncio.IncompleteReadError:
            pass
        writer.close()

    server = await asyncio.start_unix_server(logs, control_socket)
    caller, stuck = await proxy.connect(), await proxy.connect()
    await caller.send(request("/system/logs"))
    await caller.read_until(b"a\r\n")
    await stuck.send(request("/system/functions", method="POST", body=b"abc")[:-1])
    assert (await stuck.read_message()).status == 408
    go_on.set()
    assert await caller.read_until(b"0\r\n\r\n")
    server.close()


async def test_more_callers_than_allowed_are_503(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_clients=2)
    callers = [await proxy.connect() for _ in range(2)]
    await until(lambda: proxy.stats.clients == 2, "they are counted")
    over = await proxy.connect()

    assert (await over.read_message()).status == 503
    assert await over.rest() == b""
    assert proxy.stats.limits == {"clients": 1}
    await callers[0].send(request("/function/nobody"))
    assert (await callers[0].read_message()).status == 404


async def test_a_drain_lets_requests_end_and_closes_the_rest(proxy: Proxy) -> None:
    go_on = asyncio.Event()

    async def slow(wire: Wire) -> None:
        await wire.read_message()
        await go_on.wait()
        await wire.send(response(b"late"))

    async with origin(slow) as replica:
        proxy.publish(replica.port)
        busy, unused = await proxy.connect(), await proxy.connect()
        await busy.send(request())
        await until(lambda: replica.connections, "the request is there")
        draining = asyncio.ensure_future(proxy.path.drain(5))
        assert await unused.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            await proxy.connect()
        go_on.set()

        answer = await busy.read_message()
        assert (answer.body, answer.value("Connection")) == (b"late", "close")
        assert await draining is True


async def test_a_path_that_leaves_serves_on_and_closes_behind_each_answer(proxy: Proxy) -> None:
    async def once(wire: Wire) -> None:
        while True:
            await wire.read_message()
            await wire.send(response(b"yes"))

    async with origin(once) as replica:
        proxy.publish(replica.port)
        kept = await proxy.connect()

        proxy.path.leave()

        for caller in (kept, await proxy.connect()):
            await caller.send(request())
            answer = await caller.read_message()
            assert (answer.body, answer.value("Connection")) == (b"yes", "close")
            assert await caller.rest() == b""


async def test_a_drain_ends_in_time(proxy: Proxy) -> None:
    async with origin(silent) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())
        await until(lambda: replica.connections, "the request is there")

        assert await proxy.path.drain(0.1) is False
        proxy.path.close()
        assert await caller.is_cut()
