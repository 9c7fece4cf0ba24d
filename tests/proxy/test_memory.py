"""What slow readers and awaited answers cost the data path, a process of its own here."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.contenders import Running, contender
from bench.kernel import rss_mb
from proxy.message import request
from proxy.origin import origin
from proxy.wire import Wire
from support.waiting import until

READERS = 20
ANSWER_BYTES = 10_000_000
EACH_MB = 2.0
CALLERS = 50
BODY_BYTES = 200_000


async def ten_megabytes(wire: Wire) -> None:
    """Answer each request with 10 MB."""
    while True:
        await wire.read_message()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % ANSWER_BYTES)
        for _ in range(100):
            await wire.send(b"x" * (ANSWER_BYTES // 100))


@asynccontextmanager
async def data_path(port: int) -> AsyncIterator[Running]:
    """Run it before the function at `port`."""
    starting = contender("ours", [f"127.0.0.1:{port}"], Path(), [])
    running = await asyncio.to_thread(starting.__enter__)
    try:
        yield running
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)


def reader(port: int) -> socket.socket:
    """Return a connection on which the answer is asked for and hardly any of it taken."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", port))
    sock.sendall(request("/function/bench"))
    return sock


async def settled_mb(pid: int) -> float:
    """Return the most memory of the process until it stays the same."""
    seen_mb: list[float] = []
    while len(seen_mb) < 5 or max(seen_mb[-5:]) - min(seen_mb[-5:]) > 0.1:
        await asyncio.sleep(0.1)
        seen_mb.append(rss_mb(pid))
    return max(seen_mb)


async def test_a_slow_reader_of_10_mb_costs_less_than_2_mb() -> None:
    async with origin(ten_megabytes) as replica, data_path(replica.port) as running:
        before_mb = rss_mb(running.pid)
        readers = [reader(running.port) for _ in range(READERS)]
        try:
            await until(lambda: replica.connections == READERS, "all are being answered")
            after_mb = await settled_mb(running.pid)
        finally:
            for sock in readers:
                sock.close()

    assert (after_mb - before_mb) / READERS < EACH_MB


async def test_a_body_that_may_not_be_sent_again_is_not_kept_until_its_answer() -> None:
    read = 0

    async def silent(wire: Wire) -> None:
        nonlocal read
        await wire.read_message()
        read += 1
        await wire.rest()

    async with origin(silent) as replica, data_path(replica.port) as running:
        before_mb = rss_mb(running.pid)
        message = request("/function/bench", method="POST", body=b"x" * BODY_BYTES)
        callers = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(CALLERS)]
        try:
            for caller in callers:
                await asyncio.to_thread(caller.sendall, message)
            await until(lambda: read == CALLERS, "all have been sent on")
            after_mb = await settled_mb(running.pid)
        finally:
            for caller in callers:
                caller.close()

    assert after_mb - before_mb < CALLERS * BODY_BYTES / 1e6 / 2
