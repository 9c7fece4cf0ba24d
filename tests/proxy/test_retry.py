"""A request goes to a second replica only when that cannot make it happen twice."""

import asyncio

import pytest

from faas_nomad.proxy.limits import ProxyLimits
from proxy.conftest import Proxy, StartProxy
from proxy.message import request, response
from proxy.origin import Origin, origin
from proxy.wire import Wire
from support.ports import free_port
from support.waiting import until

IDEMPOTENT = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]
OTHERS = ["POST", "PATCH"]


async def status_of(proxy: Proxy, data: bytes, *, head: bool = False) -> int:
    caller = await proxy.connect()
    await caller.send(data)
    return (await caller.read_message(without_body=head)).status


async def dying(wire: Wire) -> None:
    """Read a request and die without a word."""
    await wire.read_message()
    wire.reset()


@pytest.mark.parametrize("method", IDEMPOTENT + OTHERS)
async def test_a_refused_connection_sends_any_request_to_another_replica(
    proxy: Proxy, method: str
) -> None:
    async with origin() as replica:
        for _ in range(5):
            proxy.publish()
            proxy.publish(free_port(), replica.port)
            body = b"x" * 1000 if method in ("PUT", *OTHERS) else None
            data = request(method=method, body=body)
            assert await status_of(proxy, data, head=method == "HEAD") == 200
        assert all(len(found.body) == len(body or b"") for found in replica.requests)
        assert set(proxy.failed) <= {"f-0"}


async def test_a_body_that_is_still_coming_goes_to_another_replica_whole(proxy: Proxy) -> None:
    body = b"".join(b"%07d " % number for number in range(100_000))
    async with origin() as replica:
        for _ in range(8):
            proxy.publish()
            proxy.publish(free_port(), replica.port)
            caller = await proxy.connect()
            sending = asyncio.ensure_future(caller.send(request(method="POST", body=body)))
            assert (await caller.read_message()).status == 200
            await sending
        assert all(found.body == body for found in replica.requests)


async def test_all_refusing_is_502_after_bounded_tries(proxy: Proxy) -> None:
    ports = [free_port() for _ in range(10)]
    proxy.publish(*ports)
    caller = await proxy.connect()
    await caller.send(request())

    answer = await caller.read_message()
    assert answer.status == 502
    assert answer.value("X-OpenFaaS-Internal") == "proxy"
    tries = ProxyLimits().max_tries
    assert proxy.stats.upstream_errors == {"refused": tries}
    await until(lambda: len(proxy.failed) == tries, "each is reported")
    assert proxy.codes() == {502: 1}


@pytest.mark.parametrize("method", IDEMPOTENT)
async def test_an_idempotent_request_that_got_no_answer_goes_to_another_replica(
    proxy: Proxy, method: str
) -> None:
    async with origin(dying) as bad, origin() as good:
        for _ in range(6):
            proxy.publish()
            proxy.publish(bad.port, good.port)
            body = b"abc" if method == "PUT" else None
            data = request(method=method, body=body)
            assert await status_of(proxy, data, head=method == "HEAD") == 200
        assert len(good.requests) == 6
        assert proxy.stats.retries["broken"] == bad.connections


@pytest.mark.parametrize("method", OTHERS)
async def test_another_request_that_got_no_answer_is_502(proxy: Proxy, method: str) -> None:
    async with origin(dying) as bad:
        proxy.publish(bad.port)

        assert await status_of(proxy, request(method=method, body=b"abc")) == 502
        assert bad.connections == 1
        assert proxy.stats.retries == {}


async def test_a_request_is_never_sent_again_once_its_answer_began(proxy: Proxy) -> None:
    async def half_a_head(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(b"HTTP/1.1 200 OK\r\nX: ")
        await asyncio.sleep(0.05)

    async with origin(half_a_head) as bad, origin(half_a_head) as other:
        proxy.publish(bad.port, other.port)

        assert await status_of(proxy, request()) == 502
        assert bad.connections + other.connections == 1


async def test_a_body_no_longer_in_memory_is_not_sent_again(proxy: Proxy) -> None:
    async def reading(wire: Wire) -> None:
        await wire.read_message()
        wire.reset()

    async with origin(reading) as bad, origin(reading) as other:
        proxy.publish(bad.port, other.port)
        caller = await proxy.connect()
        sending = asyncio.ensure_future(caller.send(request(method="PUT", body=b"x" * 2_000_000)))

        assert (await caller.read_message()).status == 502
        await sending
        assert bad.connections + other.connections == 1


def stale_after_one(replica: Origin) -> None:
    """Close each connection in silence after one answer."""
    replica.scripts = [replica.answering(response(b"ok"), keep=False)]


async def warm(proxy: Proxy, replica: Origin) -> "asyncio.Event":
    """Leave an unused connection that the replica resets as soon as it gets a request."""
    done = asyncio.Event()

    async def once(wire: Wire) -> None:
        replica.requests.append(await wire.read_message())
        await wire.send(response(b"ok"))
        done.set()
        await wire.read(1)
        wire.reset()

    replica.scripts = [once, replica.answering(response(b"fresh"))]
    proxy.publish(replica.port)
    assert await status_of(proxy, request()) == 200
    return done


@pytest.mark.parametrize("method", IDEMPOTENT)
async def test_a_stale_connection_is_replaced_by_a_fresh_one(proxy: Proxy, method: str) -> None:
    async with origin() as replica:
        await warm(proxy, replica)
        data = request(method=method, body=b"abc" if method == "PUT" else None)

        assert await status_of(proxy, data, head=method == "HEAD") == 200
        assert replica.connections == 2
        assert proxy.stats.retries == {"stale": 1}
        assert not proxy.failed


@pytest.mark.parametrize("method", OTHERS)
async def test_a_stale_connection_fails_what_may_have_happened(proxy: Proxy, method: str) -> None:
    async with origin() as replica:
        await warm(proxy, replica)

        assert await status_of(proxy, request(method=method, body=b"abc")) == 502
        assert replica.connections == 1
        assert proxy.stats.upstream_errors == {"stale": 1}


async def test_a_connection_known_to_be_closed_is_never_used(proxy: Proxy) -> None:
    async with origin() as replica:
        stale_after_one(replica)
        proxy.publish(replica.port)
        for _ in range(50):
            assert await status_of(proxy, request(method="POST", body=b"abc")) == 200
            await until(lambda: not proxy.stats.upstream_connections, "the close is seen")


async def test_a_replica_killed_under_load_fails_no_idempotent_request(proxy: Proxy) -> None:
    async def slow(wire: Wire) -> None:
        while True:
            await wire.read_message()
            await asyncio.sleep(0.005)
            await wire.send(response(b"ok"))

    wires: list[Wire] = []

    async def victim(wire: Wire) -> None:
        wires.append(wire)
        await slow(wire)

    failures: list[int] = []
    stop = asyncio.Event()

    async def caller() -> int:
        wire, count = await proxy.connect(), 0
        while not stop.is_set():
            await wire.send(request(method=IDEMPOTENT[count % 5] if count % 5 != 1 else "GET"))
            status = (await wire.read_message()).status
            if status != 200:
                failures.append(status)
            count += 1
        return count

    async with origin(slow) as survivor:
        server = await asyncio.start_server(Origin([victim]).converse, "127.0.0.1", 0)
        proxy.publish(survivor.port, server.sockets[0].getsockname()[1])
        callers = [asyncio.ensure_future(caller()) for _ in range(16)]
        await until(lambda: proxy.codes().get(200, 0) > 100 and wires, "load is on")
        server.close()
        for wire in wires:
            wire.reset()
        before = proxy.codes()[200]
        await until(lambda: proxy.codes()[200] > before + 100, "the load goes on")
        stop.set()
        await asyncio.gather(*callers)

    assert not failures
    assert proxy.failed


async def test_repeats_are_bounded_by_a_budget(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_tries=100)
    async with origin(dying) as one, origin(dying) as other:
        statuses = []
        for _ in range(200):
            proxy.publish()
            proxy.publish(one.port, other.port)
            statuses.append(await status_of(proxy, request()))

        assert set(statuses) == {502}
        assert one.connections + other.connections < 200 + 128 + 200 * 0.2 + 1
        assert proxy.stats.limits["retry_budget"] > 0


async def test_a_reset_control_plane_connection_is_replaced(
    proxy: Proxy, control_socket: str
) -> None:
    async with origin() as replica:
        stale_after_one(replica)
        server = await asyncio.start_unix_server(replica.converse, control_socket)
        for _ in range(5):
            assert await status_of(proxy, request("/healthz")) == 200
        server.close()
