"""A running data path for every test, on both event loops that it may meet."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
import uvloop

from faas_nomad.proxy.certificate import Certificate
from faas_nomad.proxy.context import Waker
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.proxy.mesh import Mesh
from faas_nomad.proxy.server import DataPath
from faas_nomad.proxy.spans import Spans
from faas_nomad.proxy.trust import Trust
from faas_nomad.state.endpoints import Endpoint, Route, RoutePolicy, RouteTable
from proxy.wire import Wire, connect

LIMITS = ProxyLimits(sweep_s=0.02, connect_time_s=1.0, linger_time_s=0.3, exchange_time_s=20.0)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run every test here on uvloop and on the standard library's loop."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


class Proxy:
    """A data path with its table, and connections to it."""

    def __init__(
        self,
        path: DataPath,
        table: RouteTable,
        port: int,
        failed: list[str],
        rendered: dict[bytes, bytes],
    ) -> None:
        self.path = path
        self.table = table
        self.port = port
        self.failed = failed
        """The endpoints that the path has reported."""
        self.rendered = rendered
        """Answers to GETs that the control plane is not asked for."""
        self.stats = path.stats
        self.callers: list[Wire] = []

    def publish(
        self, *ports: int, name: str = "f", policy: RoutePolicy | None = None, replicas: int = 1
    ) -> None:
        """Let function `name` have replicas at `ports`; their ids are `NAME-0` and so on."""
        endpoints = tuple(
            Endpoint(f"{name}-{index}", "127.0.0.1", port) for index, port in enumerate(ports)
        )
        route = Route(f"{name}.openfaas-fn", endpoints, replicas, policy or RoutePolicy())
        self.table.publish((name, f"{name}.openfaas-fn"), route)

    async def connect(self, receive_buffer: int | None = None) -> Wire:
        """Return a caller's connection."""
        caller = await connect(self.port, receive_buffer)
        self.callers.append(caller)
        return caller

    def codes(self, name: str = "f") -> dict[int, int]:
        """Return how many answers of each status have been counted."""
        codes = self.stats.functions[f"{name}.openfaas-fn"].codes
        return {code: sum(found.buckets) for code, found in codes.items()}


class StartProxy(Protocol):
    """Starts a data path with some limits changed."""

    async def __call__(
        self, *, waker: Waker | None = None, spans: Spans | None = None, **changes: float
    ) -> Proxy:
        """Return it, running until the test ends."""
        ...


@pytest.fixture
def control_socket() -> Iterator[str]:
    """Return a path for the control plane's socket, short enough for one."""
    with tempfile.TemporaryDirectory(prefix="dp-") as folder:
        yield str(Path(folder) / "c.sock")


@pytest.fixture
async def start_proxy(control_socket: str) -> AsyncIterator[StartProxy]:
    """Return what starts a data path with changed limits; all are stopped in the end."""
    async with AsyncExitStack() as stack:

        async def start(
            *, waker: Waker | None = None, spans: Spans | None = None, **changes: float
        ) -> Proxy:
            limits = replace(LIMITS, **changes)  # type: ignore[arg-type]
            running = running_proxy(control_socket, limits, waker, spans=spans)
            return await stack.enter_async_context(running)

        yield start


@pytest.fixture
async def proxy(start_proxy: StartProxy) -> Proxy:
    """Return a running data path."""
    return await start_proxy()


@asynccontextmanager
async def running_proxy(
    control_socket: str,
    limits: ProxyLimits,
    waker: Waker | None = None,
    trust: Trust | None = None,
    certificate: Certificate | None = None,
    spans: Spans | None = None,
    mesh: Mesh | None = None,
) -> AsyncIterator[Proxy]:
    """Run a data path until the block ends; nothing of it may be left then."""
    table = RouteTable()
    failed: list[str] = []
    rendered: dict[bytes, bytes] = {}
    path = DataPath(
        table=table,
        control_socket=control_socket,
        limits=limits,
        waker=waker,
        on_endpoint_failed=failed.append,
        reads=lambda target, _head: rendered.get(target),
        trust=trust,
        certificate=certificate,
        spans=spans,
        mesh=mesh,
    )
    port = await path.listen("127.0.0.1", 0, "gateway")
    running = Proxy(path, table, port, failed, rendered)
    try:
        yield running
    finally:
        for caller in running.callers:
            caller.close()
        path.close()
        await path.drain(1.0)
    figures = [path.stats.control, *path.stats.functions.values()]
    assert not any(function.in_flight for function in figures), "an exchange never ended"
    assert not path.stats.clients
    assert not path.stats.tunnels
