"""The shell around the state machine: it gives it the time, runs its node and wakes who waits."""

import asyncio
import os
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import httpx

from faas_nomad.embedded.cluster import Cluster
from faas_nomad.embedded.constraints import NodeFacts
from faas_nomad.embedded.node.drivers import MockDriver, RawExec
from faas_nomad.embedded.node.node import Node
from faas_nomad.embedded.node.reaper import Reaper
from faas_nomad.embedded.node.services import NodeServices
from faas_nomad.embedded.placing import Sources
from faas_nomad.embedded.reports import Report

T = TypeVar("T")


class Engine:
    """One stand-in: its tables, its node and its clock."""

    def __init__(self, facts: NodeFacts, data_folder: Path, take_port: Callable[[], int]) -> None:
        self.cluster = Cluster(facts, Sources(lambda: str(uuid.uuid4()), take_port))
        self.closing = asyncio.Event()
        self._changed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._reaper = Reaper()
        self._http = httpx.AsyncClient(
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
            verify=False,  # noqa: S501 - for health checks by TLS, which say so: TLSSkipVerify
        )
        services = NodeServices(
            facts=facts,
            data_folder=data_folder,
            drivers={"raw_exec": RawExec(self._reaper), "mock_driver": MockDriver()},
            now_ns=time.time_ns,
            inherited=os.environ,
            http=self._http,
            read_variable=self._read_variable,
            wait_for_change=self.wait_for_change,
        )
        self.node = Node(services, self._take_reports)

    def write(self, change: Callable[[int], T]) -> T:
        """Make a change, given the time, and let the node and all who wait see it."""
        try:
            return change(time.time_ns())
        finally:
            self._after_write()

    async def wait_for_change(self) -> None:
        """Return after the next write, or when the stand-in closes."""
        await self._changed.wait()

    async def close(self) -> None:
        """Let go of all who wait and stop all tasks."""
        self.closing.set()
        self._wake()
        if self._timer:
            self._timer.cancel()
        await self.node.close()
        await self._http.aclose()
        await asyncio.to_thread(self._reaper.close)

    def _after_write(self) -> None:
        store = self.cluster.store
        for alloc_id, hurried in store.take_touched().items():
            self.node.look_at(alloc_id, store.allocs.get(alloc_id), hurried=hurried)
        self._wake()
        self._set_timer()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        due_ns = self.cluster.next_deadline_ns()
        if due_ns is None or self.closing.is_set():
            self._timer = None
            return
        pause_s = max(0.0, (due_ns - time.time_ns()) / 1e9)
        self._timer = asyncio.get_running_loop().call_later(pause_s, self._tick)

    def _tick(self) -> None:
        self.write(self.cluster.watcher.tick)

    def _take_reports(self, reports: Sequence[Report]) -> None:
        self.write(lambda now_ns: self.cluster.watcher.take_reports(reports, now_ns))

    def _read_variable(self, namespace: str, path: str) -> Mapping[str, str] | None:
        variable = self.cluster.variables.rows.get((namespace, path))
        return variable.items if variable else None
