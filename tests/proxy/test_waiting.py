"""Requests that wait for a function to wake: bounded, limited in time, and gone when they leave."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from proxy.conftest import Proxy, StartProxy
from proxy.message import request, response
from proxy.origin import origin
from proxy.wire import UNREAD_BYTES, Wire
from support.waiting import until


class Sleeper:
    """Lets every request wait."""

    def __init__(self) -> None:
        self.asked = 0

    def wake(self, function: str) -> bool:
        self.asked += 1
        return True


async def waiting(proxy: Proxy, *messages: bytes) -> list[Wire]:
    """Return a caller for each request, all of them waiting."""
    before, callers = proxy.stats.waiting, []
    for message in messages:
        caller = await proxy.connect()
        await caller.send(message)
        callers.append(caller)
    await until(lambda: proxy.stats.waiting == before + len(messages), "they wait")
    return callers


async def test_all_that_wait_are_answered_when_a_replica_comes(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(waker=Sleeper())
    proxy.publish(replicas=0)
    callers = await waiting(proxy, *[request()] * 50)
    async with origin() as replica:
        proxy.publish(replica.port)

        assert [(await caller.read_message()).status for caller in callers] == [200] * 50
    assert proxy.stats.waiting == 0


async def test_who_waits_too_long_is_told_so(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(waker=Sleeper(), wake_time_s=0.1)
    proxy.publish(replicas=0)

    [caller] = await waiting(proxy, request())
    answer = await caller.read_message()

    assert (answer.status, answer.body) == (
        504,
        b"No replica was ready in time for: f.openfaas-fn.\n",
    )
    assert proxy.stats.waiting == 0
    assert proxy.stats.limits["wake_time"] == 1


async def test_a_route_that_changes_does_not_begin_the_wait_anew(start_proxy: StartProxy) -> None:
    sleeper = Sleeper()
    proxy = await start_proxy(waker=sleeper, wake_time_s=0.3)
    proxy.publish(replicas=0)
    [caller] = await waiting(proxy, request())
    loop = asyncio.get_running_loop()

    def republish() -> None:
        if proxy.stats.waiting:
            proxy.publish(replicas=1)
            loop.call_later(0.05, republish)

    republish()

    assert (await caller.read_message()).status == 504
    assert sleeper.asked > 2


async def test_the_limit_of_the_wait_does_not_shorten_the_answer_s(
    start_proxy: StartProxy,
) -> None:
    proxy = await start_proxy(waker=Sleeper(), wake_time_s=0.2)
    proxy.publish(replicas=0)
    [caller] = await waiting(proxy, request())

    async def slowly(wire: Wire) -> None:
        await wire.read_message()
        await asyncio.sleep(0.6)  # three times what a wait may take
        await wire.send(response(b"ok"))

    async with origin(slowly) as replica:
        proxy.publish(replica.port)

        assert (await caller.read_message()).status == 200


async def test_more_than_may_wait_are_refused(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(waker=Sleeper(), max_waiting=2)
    proxy.publish(replicas=0)
    await waiting(proxy, request(), request())

    late = await proxy.connect()
    await late.send(request())

    assert (await late.read_message()).status == 503
    assert proxy.stats.limits["waiting"] == 1


async def test_a_caller_that_leaves_frees_its_place(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(waker=Sleeper(), max_waiting=2)
    proxy.publish(replicas=0)
    leaver, other = await waiting(proxy, request(), request())

    leaver.close()
    await until(lambda: proxy.stats.waiting == 1, "its place is free")
    [follower] = await waiting(proxy, request())
    async with origin() as replica:
        proxy.publish(replica.port)
        statuses = [(await caller.read_message()).status for caller in (other, follower)]

    assert statuses == [200, 200]
    assert len(replica.requests) == 2


async def test_what_is_held_for_all_that_wait_is_bounded(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(waker=Sleeper(), max_waiting_bytes=20_000)
    proxy.publish(replicas=0)
    await waiting(proxy, request(method="POST", body=b"x" * 15_000))

    late = await proxy.connect()
    await late.send(request(method="POST", body=b"x" * 15_000))

    assert (await late.read_message()).status == 503
    assert proxy.stats.limits["waiting_bytes"] == 1


async def test_a_body_that_grows_while_it_waits_counts(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(waker=Sleeper(), max_waiting_bytes=20_000)
    proxy.publish(replicas=0)
    whole = request(method="POST", body=b"x" * 30_000)
    [caller] = await waiting(proxy, whole[:1000])

    await caller.send(whole[1000:])

    assert (await caller.read_message()).status == 503
    assert proxy.stats.waiting == 0


async def test_a_large_body_waits_and_arrives_whole(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(waker=Sleeper())
    proxy.publish(replicas=0)
    body = bytes(range(256)) * 2000
    whole = request(method="POST", body=body)
    [caller] = await waiting(proxy, whole[:100])
    sending = asyncio.ensure_future(caller.send(whole[100:]))
    async with origin() as replica:
        proxy.publish(replica.port)
        assert (await caller.read_message()).status == 200
        await sending
        assert replica.requests[0].body == body


async def test_a_large_body_that_waited_does_not_fill_the_proxy(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(waker=Sleeper(), write_buffer_bytes=16_384)
    proxy.publish(replicas=0)
    head = b"POST /function/f HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % UNREAD_BYTES
    [caller] = await waiting(proxy, head + b"x" * 300_000)
    sent = 0

    async def send_on() -> None:
        nonlocal sent
        while sent < UNREAD_BYTES - 300_000:
            await caller.send(b"x" * 65_536)
            sent += 65_536

    sending = asyncio.ensure_future(send_on())
    with unread_replica() as port:
        proxy.publish(port)
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.1)

        assert sent < UNREAD_BYTES // 2
        sending.cancel()


@contextmanager
def unread_replica() -> Iterator[int]:
    """Take connections that nobody reads; small segments keep the kernel's buffers small."""
    with socket.socket() as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 88)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


async def test_waiting_requests_are_refused_with_the_reason(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(waker=Sleeper())
    proxy.publish(replicas=0)
    [caller] = await waiting(proxy, request())

    proxy.path.refuse_waiting("f.openfaas-fn", "It sleeps, and Nomad is away.")
    proxy.path.refuse_waiting("g.openfaas-fn", "unknown")

    answer = await caller.read_message()
    assert (answer.status, answer.body) == (503, b"It sleeps, and Nomad is away.\n")
