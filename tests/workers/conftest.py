"""Running workers for a test, and what tells which of them has a caller's connection."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
import uvloop

from faas_nomad.proxy.context import Waker
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.state.endpoints import Endpoint, Route, RouteTable
from faas_nomad.workers.pool import WorkerPool
from proxy.message import Message
from proxy.wire import Wire, connect
from support.waiting import until

LIMITS = ProxyLimits(sweep_s=0.05, connect_time_s=1.0, drain_time_s=5.0)
MAX_CALLERS = 200
"""The kernel deals connections out by a hash: so many never miss a worker in practice."""


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run every test here on the loop of the service."""
    return {"uvloop": uvloop.new_event_loop}


class Caller:
    """A caller's connection to a worker."""

    def __init__(self, wire: Wire, pid: int) -> None:
        self.wire = wire
        self.pid = pid

    async def call(self, name: str = "f") -> Message:
        """Return the answer of function `name`."""
        await self.wire.send(f"GET /function/{name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return await self.wire.read_message()


class Workers:
    """A pool with its table, and callers of each worker."""

    def __init__(self, pool: WorkerPool, table: RouteTable, port: int, failed: list[str]) -> None:
        self.pool = pool
        self.table = table
        self.port = port
        self.failed = failed
        self._wires: list[Wire] = []

    def publish(self, *ports: int, name: str = "f", replicas: int = 1) -> None:
        """Let function `name` have replicas at `ports`."""
        endpoints = tuple(Endpoint(f"{name}-{port}", "127.0.0.1", port) for port in ports)
        route = Route(f"{name}.openfaas-fn", endpoints, replicas)
        self.table.publish((name, f"{name}.openfaas-fn"), route)

    async def listening(self, count: int = 2) -> None:
        """Wait until that many take callers."""
        await until(lambda: self.pool.hub.listening == count, f"{count} workers listen")

    async def connect(self) -> Caller:
        """Return a caller, whichever worker it comes to."""
        wire = await connect(self.port)
        self._wires.append(wire)
        await until(lambda: self._owners(wire), "the connection is accepted")
        return Caller(wire, self._owners(wire)[0])

    def _owners(self, wire: Wire) -> list[int]:
        """Return the worker that has accepted the connection, if one has."""
        inode = _inode_of(self.port, wire.local_port)
        return [pid for pid in self.pool.pids if inode and f"socket:[{inode}]" in _open_files(pid)]

    async def one_caller_each(self) -> list[Caller]:
        """Return a caller of each worker, by the workers' process ids."""
        found: dict[int, Caller] = {}
        for _ in range(MAX_CALLERS):
            caller = await self.connect()
            found.setdefault(caller.pid, caller)
            if len(found) == len(self.pool.pids):
                return [found[pid] for pid in sorted(found)]
        raise AssertionError(f"{MAX_CALLERS} connections all came to {sorted(found)}")

    def answers(self, name: str = "f") -> dict[int, int]:
        """Return how many answers of each status all workers have counted."""
        function = self.pool.stats.functions.get(f"{name}.openfaas-fn")
        codes = function.codes if function else {}
        return {code: sum(found.buckets) for code, found in codes.items()}

    def close(self) -> None:
        """Close all callers' connections."""
        for wire in self._wires:
            wire.close()


class StartWorkers(Protocol):
    """Starts two workers with some limits changed."""

    async def __call__(
        self, *, max_silent_ticks: int = 60, waker: Waker | None = None, **changes: float
    ) -> Workers:
        """Return them, starting; they run until the test ends."""
        ...


@pytest.fixture
async def start_workers() -> AsyncIterator[StartWorkers]:
    """Return what starts workers with changed limits; all are stopped in the end."""
    async with AsyncExitStack() as stack:

        async def start(
            *, max_silent_ticks: int = 60, waker: Waker | None = None, **changes: float
        ) -> Workers:
            limits = replace(LIMITS, **changes)  # type: ignore[arg-type]
            return await stack.enter_async_context(_running(limits, max_silent_ticks, waker))

        yield start


@pytest.fixture
async def workers(start_workers: StartWorkers) -> Workers:
    """Return two workers that take callers."""
    running = await start_workers()
    await running.listening()
    return running


@asynccontextmanager
async def _running(
    limits: ProxyLimits, max_silent_ticks: int, waker: Waker | None
) -> AsyncIterator[Workers]:
    table = RouteTable()
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="wk-") as folder:
        pool = WorkerPool(
            count=2,
            table=table,
            control_socket=str(Path(folder) / "c.sock"),
            limits=limits,
            on_endpoint_failed=failed.append,
            max_silent_ticks=max_silent_ticks,
            waker=waker,
        )
        port = await pool.listen("127.0.0.1", 0, "gateway")
        running = asyncio.ensure_future(pool.run())
        workers = Workers(pool, table, port, failed)
        try:
            yield workers
            assert not running.done(), running
        finally:
            workers.close()
            pool.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert not pool.pids


def _inode_of(port: int, remote_port: int) -> str:
    """Return the socket of a connection at `port`; ended ones of other ports may be like it."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ports = [int(address.split(":")[1], 16) for address in fields[1:3]]
        if ports == [port, remote_port]:
            return "" if fields[9] == "0" else fields[9]
    return ""


def _open_files(pid: int) -> set[str]:
    files = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            files.add(os.readlink(entry))
        except OSError:
            continue  # closed meanwhile
    return files
