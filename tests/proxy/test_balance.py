import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial

from faas_nomad.state.endpoints import RoutePolicy, Sticky
from proxy.conftest import Proxy, StartProxy
from proxy.message import request, response
from proxy.origin import Origin, origin
from proxy.wire import Wire
from support.ports import free_port
from support.waiting import until


async def ask(caller: Wire, *lines: str) -> bytes:
    await caller.send(request("/function/f", *lines))
    return (await caller.read_message()).body


async def named_origins(stack: AsyncExitStack, count: int) -> list[Origin]:
    """Run replicas that answer with their number."""
    replicas = [await stack.enter_async_context(origin()) for _ in range(count)]
    for number, replica in enumerate(replicas):
        replica.scripts = [replica.answering(response(b"%d" % number))]
    return replicas


async def test_requests_are_spread_over_ready_replicas(proxy: Proxy) -> None:
    async with AsyncExitStack() as stack:
        replicas = await named_origins(stack, 3)
        proxy.publish(*(replica.port for replica in replicas))
        caller = await proxy.connect()
        found = Counter([await ask(caller) for _ in range(300)])

        assert len(found) == 3
        assert min(found.values()) > 50


async def test_a_busy_replica_gets_less(proxy: Proxy) -> None:
    go_on = asyncio.Event()

    async def stuck(wire: Wire) -> None:
        await wire.read_message()
        await go_on.wait()
        await wire.send(response(b"late"))

    async with origin(stuck) as busy, origin() as free:
        proxy.publish(busy.port, free.port)
        callers = [await proxy.connect() for _ in range(40)]
        for caller in callers:
            await caller.send(request())
            await asyncio.sleep(0.002)
        await until(lambda: proxy.codes().get(200, 0) + busy.connections == 40, "all are placed")

        assert busy.connections <= 2
        go_on.set()
        for caller in callers:
            await caller.read_message()


async def test_a_replica_that_refuses_is_left_out_and_taken_back(start_proxy: StartProxy) -> None:
    proxy = await start_proxy()
    port = free_port()
    async with origin() as good:
        proxy.publish(good.port, port)
        caller = await proxy.connect()
        for _ in range(100):
            assert await ask(caller) == b"ok"
        assert proxy.stats.upstream_errors == {"refused": 1}
        assert proxy.stats.ejections == 1
        assert proxy.failed == ["f-1"]

        back = Origin([])
        back.scripts = [back.answering(response(b"back"))]
        server = await asyncio.start_server(back.converse, "127.0.0.1", port)
        answers: list[bytes] = []
        while answers.count(b"back") < 20:
            answers.append(await ask(caller))
            await asyncio.sleep(0.005)
        server.close()
    assert set(answers) == {b"ok", b"back"}


async def test_when_all_are_left_out_one_is_tried_anyway(proxy: Proxy) -> None:
    port = free_port()
    proxy.publish(port)
    caller = await proxy.connect()
    await caller.send(request())
    assert (await caller.read_message()).status == 502

    back = Origin([])
    back.scripts = [back.answering(response(b"back"))]
    server = await asyncio.start_server(back.converse, "127.0.0.1", port)
    assert await ask(caller) == b"back"
    server.close()


async def test_replicas_that_time_out_again_and_again_are_left_out(
    start_proxy: StartProxy,
) -> None:
    proxy = await start_proxy(exchange_time_s=0.25)

    async def silent(wire: Wire) -> None:
        await wire.rest()

    async with origin(silent) as bad, origin() as good:
        proxy.publish(bad.port, good.port)
        caller = await proxy.connect()
        while not proxy.stats.ejections:
            await ask(caller)
        timeouts = proxy.stats.upstream_errors["timeout"]
        for _ in range(20):
            assert await ask(caller) == b"ok"

        assert timeouts == 3
        assert proxy.failed == []


async def test_a_header_binds_requests_to_one_replica(proxy: Proxy) -> None:
    async with AsyncExitStack() as stack:
        replicas = await named_origins(stack, 4)
        policy = RoutePolicy(sticky=Sticky("header", "X-Session"))
        proxy.publish(*(replica.port for replica in replicas), policy=policy)
        caller = await proxy.connect()
        owners = {}
        for session in range(20):
            found = {await ask(caller, f"x-session: {session}") for _ in range(10)}
            assert len(found) == 1
            owners[session] = found.pop()
        assert len(set(owners.values())) == 4

        proxy.publish(*(replica.port for replica in replicas[:3]), policy=policy)
        for session, owner in owners.items():
            if owner != b"3":
                assert await ask(caller, f"X-Session: {session}") == owner


async def test_a_cookie_binds_requests_to_one_replica(proxy: Proxy) -> None:
    async with AsyncExitStack() as stack:
        replicas = await named_origins(stack, 4)
        policy = RoutePolicy(sticky=Sticky("cookie", "sid"))
        proxy.publish(*(replica.port for replica in replicas), policy=policy)
        caller = await proxy.connect()
        found = {await ask(caller, "Cookie: nosid=9; sid=abc; x=1") for _ in range(20)}
        unbound = {await ask(caller, "Cookie: nosid=9") for _ in range(60)}

        assert len(found) == 1
        assert len(unbound) == 4


async def test_a_bound_request_goes_elsewhere_when_its_replica_refuses(proxy: Proxy) -> None:
    async with origin() as good:
        policy = RoutePolicy(sticky=Sticky("header", "X-Session"))
        proxy.publish(free_port(), good.port, policy=policy)
        caller = await proxy.connect()
        for session in range(20):
            assert await ask(caller, f"X-Session: {session}") == b"ok"


async def test_requests_wait_for_a_connection_when_all_are_in_use(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_connections=2, max_waiting=3)
    go_on = asyncio.Event()

    async def stuck(wire: Wire) -> None:
        while True:
            await wire.read_message()
            await go_on.wait()
            await wire.send(response(b"ok"))

    async with origin(stuck) as replica:
        proxy.publish(replica.port)
        callers = [await proxy.connect() for _ in range(6)]
        for caller in callers:
            await caller.send(request())
        refused = await next_answer(callers)
        assert refused == 503
        assert proxy.stats.limits == {"connections": 4, "waiting": 1}
        assert replica.connections == 2
        go_on.set()
        await until(lambda: proxy.codes() == {503: 1, 200: 5}, "all others are answered")
        assert replica.connections == 2


def in_flight_is(proxy: Proxy, number: int) -> bool:
    return proxy.stats.functions["f.openfaas-fn"].in_flight == number


async def next_answer(callers: list[Wire]) -> int:
    """Return the status of the first answer to any of `callers`."""
    reads = [asyncio.ensure_future(caller.read_message()) for caller in callers]
    done, pending = await asyncio.wait(reads, return_when=asyncio.FIRST_COMPLETED)
    for read in pending:
        read.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    return next(iter(done)).result().status


async def test_who_waits_too_long_for_a_connection_is_told_so(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_connections=1, exchange_time_s=0.1)

    async def tunnel(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(b"HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        await wire.rest()

    async with origin(tunnel) as replica:
        proxy.publish(replica.port)
        first, second = await proxy.connect(), await proxy.connect()
        await first.send(request("/function/f", "Connection: Upgrade", "Upgrade: echo"))
        assert (await first.read_message(without_body=True)).status == 101
        await second.send(request())
        answer = await second.read_message()

    assert (answer.status, answer.body) == (
        504,
        b"No replica was free in time for: f.openfaas-fn.\n",
    )
    assert "wake_time" not in proxy.stats.limits


async def test_who_waits_for_a_connection_and_leaves_makes_room(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_connections=1)
    go_on = asyncio.Event()

    async def stuck(wire: Wire) -> None:
        while True:
            await wire.read_message()
            await go_on.wait()
            await wire.send(response(b"ok"))

    async with origin(stuck) as replica:
        proxy.publish(replica.port)
        first, second, third = [await proxy.connect() for _ in range(3)]
        for number, caller in enumerate((first, second, third), 1):
            await caller.send(request())
            taken = partial(in_flight_is, proxy, number)
            await until(taken, "the request is taken")
        second.reset()
        await until(lambda: proxy.codes() == {499: 1}, "it is counted as gone")
        go_on.set()

        assert (await first.read_message()).body == b"ok"
        assert (await third.read_message()).body == b"ok"
