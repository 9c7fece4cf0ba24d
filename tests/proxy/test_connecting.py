"""Connections to replicas that are not opened leave no trace: room is told, and counted once."""

import asyncio
import random
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from faas_nomad.proxy.blame import Blame
from faas_nomad.proxy.connector import Connector
from faas_nomad.proxy.context import Context
from faas_nomad.proxy.replica import Replica
from faas_nomad.proxy.stats import FunctionStats, Stats
from faas_nomad.proxy.target import Target
from faas_nomad.proxy.trace import Tracer
from faas_nomad.proxy.upstream import UpstreamConnection
from faas_nomad.state.endpoints import Endpoint
from proxy.conftest import LIMITS, StartProxy
from proxy.message import request
from proxy.origin import origin
from support.waiting import until


@contextmanager
def silent_port() -> Iterator[int]:
    """Give a port at which connections are neither taken nor refused: its backlog is full."""
    with socket.socket() as listener, socket.socket() as one, socket.socket() as other:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for caller in (one, other):
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


async def test_who_waits_for_a_connection_goes_on_when_none_is_opened(
    start_proxy: StartProxy,
) -> None:
    proxy = await start_proxy(max_connections=1, connect_time_s=0.3)
    with silent_port() as port:
        proxy.publish(port)
        callers = [await proxy.connect() for _ in range(3)]
        for caller in callers:
            await caller.send(request())
        await until(lambda: proxy.stats.waiting == 2, "one connects, the others wait")

        assert [(await caller.read_message()).status for caller in callers] == [502, 502, 502]


class Nobody:
    """Wants a connection."""

    done = False

    def __init__(self) -> None:
        self.blamed: list[Blame] = []

    def connected(self, connection: UpstreamConnection) -> None:
        raise AssertionError("there is none")

    def connect_failed(self, blame: Blame) -> None:
        self.blamed.append(blame)


async def test_a_connection_that_is_given_up_just_when_it_opens_is_counted_once() -> None:
    stats = Stats()
    context = Context(LIMITS, stats, time.monotonic, random.random, Tracer(secrets.randbits), print)
    target = Target("f", FunctionStats("f"), context, is_function=True)
    async with origin() as function:

        async def late(factory: Callable[[], UpstreamConnection]) -> None:
            """Open it, but be told to stop before that is known, as the event loops may be."""
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_connection(factory, "127.0.0.1", function.port)
            transport.close()
            raise TimeoutError

        replica = Replica(Endpoint("f-0", "127.0.0.1", function.port), late, target, context)
        nobody = Nobody()
        Connector(context).connect(replica, nobody)
        await until(lambda: nobody.blamed, "it is told that there is none")
        await until(lambda: not stats.upstream_connections, "the connection is closed")

    assert replica.connections == 0
