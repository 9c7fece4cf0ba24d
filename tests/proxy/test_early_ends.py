"""Exchanges whose answer, or whose end, comes before the request's body has."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from proxy.conftest import Proxy, StartProxy
from proxy.message import CHUNKED, chunked, request, response
from proxy.origin import echo, origin
from proxy.wire import Wire
from support.waiting import until

BIG = bytes(range(256)) * 8192  # 2 MiB


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


@contextmanager
def leaving_early() -> Iterator[int]:
    """Answer each head and close with the body unread, in a thread: so RST comes at any moment."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            with suppress(ConnectionError), listener.accept()[0] as taken:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += taken.recv(1000) or b"\r\n\r\n"
                if head.startswith(b"END"):
                    return
                taken.sendall(response(b"no", status="413 Too Large"))

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with socket.create_connection(listener.getsockname()) as last:
            last.sendall(b"END\r\n\r\n")
        serving.join()
        listener.close()


async def test_an_early_answer_arrives_although_the_function_breaks_off(proxy: Proxy) -> None:
    with leaving_early() as port:
        proxy.publish(port)
        for _ in range(20):
            caller = await proxy.connect()
            sending = asyncio.ensure_future(caller.send(request(method="POST", body=BIG * 8)))

            assert (await caller.read_message()).status == 413
            sending.cancel()


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
