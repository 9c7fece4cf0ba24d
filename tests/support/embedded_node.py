"""A driver that does as the test says, and what runners need besides."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from faas_nomad.embedded.node.drivers import Driver, DriverError, Exit, Launch, Running
from faas_nomad.embedded.node.services import NodeServices
from faas_nomad.embedded.records import Alloc, TaskState
from support.embedded_cluster import KEY, NODE, ScriptedCluster


class ScriptedTask:
    """A started task; the test ends it, or it ends at a signal unless it is stubborn."""

    def __init__(self, launch: Launch, *, stubborn: bool) -> None:
        self.launch = launch
        self.signals: list[int] = []
        self._stubborn = stubborn
        self._ended: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()

    async def wait(self) -> Exit:
        """Return how it ended."""
        return await asyncio.shield(self._ended)

    def send(self, signal_number: int) -> None:
        """Note the signal."""
        self.signals.append(signal_number)
        if not self._stubborn or signal_number == 9:
            self.end(Exit(128 + signal_number, signal_number))

    def end(self, how: Exit) -> None:
        """End it."""
        if not self._ended.done():
            self._ended.set_result(how)


class ScriptedDriver:
    """Starts scripted tasks, or fails as often as it is told to."""

    def __init__(self) -> None:
        self.tasks: list[ScriptedTask] = []
        self.failures = 0
        self.stubborn = False

    async def start(self, launch: Launch) -> Running:
        """Start a task."""
        if self.failures:
            self.failures -= 1
            raise DriverError("no such executable")
        self.tasks.append(ScriptedTask(launch, stubborn=self.stubborn))
        return self.tasks[-1]


def node_services(
    folder: Path,
    driver: Driver,
    variables: Mapping[str, Mapping[str, str]] | None = None,
    changed: asyncio.Event | None = None,
    answer: int = 200,
) -> NodeServices:
    """Return services whose checks all get one answer; `changed` wakes who waits for a write."""
    known = {} if variables is None else variables
    event = changed or asyncio.Event()
    transport = httpx.MockTransport(lambda _request: httpx.Response(answer))

    async def wait_for_change() -> None:
        await event.wait()

    return NodeServices(
        facts=NODE,
        data_folder=folder,
        drivers={"raw_exec": driver, "mock_driver": driver},
        now_ns=time.time_ns,
        inherited={"PATH": "/bin"},
        http=httpx.AsyncClient(transport=transport),
        read_variable=lambda _namespace, path: known.get(path),
        wait_for_change=wait_for_change,
    )


def alloc_of(job: dict[str, Any]) -> Alloc:
    """Return the first allocation of a job that was just registered."""
    at = ScriptedCluster()
    at.register({**job, "ID": KEY[1]})
    return at.allocs()[0]


class Told:
    """Collects what a runner tells of its tasks."""

    def __init__(self) -> None:
        self.states: list[TaskState] = []
        self.verdicts: list[bool] = []

    def task(self, _name: str, state: TaskState) -> None:
        """Take a task's state."""
        self.states.append(state)

    def tasks(self, _alloc_id: str, states: Mapping[str, TaskState]) -> None:
        """Take all states of an allocation."""
        self.states.extend(states.values())

    def health(self, _alloc_id: str, healthy: bool) -> None:
        """Take a verdict."""
        self.verdicts.append(healthy)

    def kinds(self) -> list[str]:
        """Return the kinds of the last state's events."""
        return [event.kind for event in self.states[-1].events]

    async def until(self, kind: str, times: int = 1) -> None:
        """Wait until an event of that kind was told that often."""
        async with asyncio.timeout(5):
            while not self.states or self.kinds().count(kind) < times:
                await asyncio.sleep(0.005)
