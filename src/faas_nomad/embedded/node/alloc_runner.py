"""The life of one allocation on the node: its tasks, its checks and its health."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from faas_nomad.embedded.defaults import SECOND_NS
from faas_nomad.embedded.node.check_follower import CheckFollower
from faas_nomad.embedded.node.checks import checks_of
from faas_nomad.embedded.node.folders import AllocFolders
from faas_nomad.embedded.node.logs import shorten
from faas_nomad.embedded.node.preparation import Preparation
from faas_nomad.embedded.node.services import NodeServices
from faas_nomad.embedded.node.task_runner import TaskRunner
from faas_nomad.embedded.node.verdict import HealthRule, verdict
from faas_nomad.embedded.records import DEAD, RUNNING, Alloc, TaskState, group_of

LOG_CARE_S = 10.0
"""How often logs are looked at; in between they may outgrow their limit."""


@dataclass(frozen=True, slots=True)
class Reports:
    """Where the runner tells what happens."""

    tasks: Callable[[str, Mapping[str, TaskState]], None]
    health: Callable[[str, bool], None]


class AllocRunner:
    """Runs one allocation until it ended, or until it is stopped."""

    def __init__(self, alloc: Alloc, services: NodeServices, reports: Reports) -> None:
        self.id = alloc.id
        self.namespace = alloc.namespace
        self.folders = AllocFolders(services.data_folder, alloc.id)
        self._alloc = alloc
        self._services = services
        self._reports = reports
        self._group = group_of(alloc.job, alloc.group) or {"Tasks": []}
        self._states: dict[str, TaskState] = {}
        self._fine_since_ns: int | None = None
        self._moved = asyncio.Event()
        self._all_run = asyncio.Event()
        self._no_delay = asyncio.Event()
        self._is_hasty = False
        self._tasks = [self._task_runner(task) for task in self._group["Tasks"]]
        self._checks = checks_of(alloc, services.facts.address)
        self._follower = CheckFollower(self._checks, services.http)
        self._following: asyncio.Future[None] | None = None
        self._life: asyncio.Future[None] | None = None
        self._health: asyncio.Future[None] | None = None
        self._stopping: asyncio.Future[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._life = asyncio.ensure_future(self._run())

    def skip_delay(self) -> None:
        """Have a stop, present or to come, go without the group's `ShutdownDelay`."""
        self._no_delay.set()

    def stop(self, *, hasty: bool = False) -> None:
        """Have it end: after the group's `ShutdownDelay`, then task by task."""
        if hasty:
            self._is_hasty = True
            self._no_delay.set()
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop())

    def update(self, alloc: Alloc) -> None:
        """Go on as an instance of a newer job version: what it changed takes effect in place."""
        if alloc.job is self._alloc.job:
            return
        self._alloc = alloc
        self._group = group_of(alloc.job, alloc.group) or {"Tasks": []}
        specs = {task["Name"]: task for task in self._group["Tasks"]}
        for runner in self._tasks:
            runner.update(specs.get(runner.name) or {})
        checks = checks_of(alloc, self._services.facts.address)
        if checks != self._checks:
            self._checks = checks
            self._follower = CheckFollower(checks, self._services.http)
            self._follow_checks()
            self._judge()

    def watch_health(self, alloc: Alloc) -> None:
        """Find the verdict that the allocation's present deployment waits for."""
        if self._health:
            self._health.cancel()
        self._health = asyncio.ensure_future(self._watch_health(alloc))

    async def refresh_templates(self) -> None:
        """Render the tasks' templates anew."""
        for task in self._tasks:
            await task.refresh_templates()

    async def ended(self) -> None:
        """Return once nothing of it runs any more."""
        if self._life:
            await asyncio.wait((self._life,))
        for other in (self._health, self._stopping):
            if other:
                other.cancel()
                with suppress(asyncio.CancelledError):
                    await other

    def _task_runner(self, task: Mapping[str, object]) -> TaskRunner:
        preparation = Preparation(self._alloc, task, self.folders, self._services)
        return TaskRunner(task, preparation, self._services.now_ns, self._on_change)

    async def _run(self) -> None:
        self._follow_checks()
        tending = None if self._is_mock() else asyncio.ensure_future(self._tend_logs())
        try:
            await asyncio.gather(*(task.run() for task in self._tasks))
        finally:
            others = [other for other in (self._following, tending) if other]
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _stop(self) -> None:
        delay_s = (self._group.get("ShutdownDelay") or 0) / SECOND_NS
        with suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._no_delay.wait()
        for task in self._tasks:
            task.stop(hasty=self._is_hasty)

    def _on_change(self, name: str, state: TaskState) -> None:
        self._states[name] = state
        self._reports.tasks(self.id, dict(self._states))
        self._judge()

    def _follow_checks(self) -> None:
        if self._following:
            self._following.cancel()
        if self._is_mock():
            self._follower.take_as_passing()
            return
        follow = self._follower.follow(self._all_run, self._judge, self._restart_tasks)
        self._following = asyncio.ensure_future(follow)

    async def _tend_logs(self) -> None:
        """Keep the logs within what `LogConfig` allows them."""
        while True:
            await asyncio.sleep(LOG_CARE_S)
            for task in self._group["Tasks"]:
                limits = task["LogConfig"]
                limit_bytes = limits["MaxFiles"] * limits["MaxFileSizeMB"] * 2**20
                for kind in ("stdout", "stderr"):
                    file = self.folders.log_file(task["Name"], kind)
                    await asyncio.to_thread(shorten, file, limit_bytes)

    def _is_mock(self) -> bool:
        return all(task["Driver"] == "mock_driver" for task in self._group["Tasks"])

    def _restart_tasks(self, why: str) -> None:
        for task in self._tasks:
            task.restart(why)

    def _is_running(self) -> bool:
        states = [self._states.get(task.name, TaskState()) for task in self._tasks]
        return all(state.state == RUNNING for state in states)

    def _judge(self) -> None:
        """Note since when all is fine, and wake who waits for that."""
        if self._is_running():
            self._all_run.set()
        else:
            self._all_run.clear()
        with_checks = self._group["Update"]["HealthCheck"] == "checks"
        is_fine = self._all_run.is_set() and (self._follower.are_passing() or not with_checks)
        if not is_fine:
            self._fine_since_ns = None
        elif self._fine_since_ns is None:
            self._fine_since_ns = self._services.now_ns()
        self._moved.set()

    async def _watch_health(self, alloc: Alloc) -> None:
        update = self._group["Update"]
        if update["HealthCheck"] == "manual":
            return
        now_ns = self._services.now_ns()
        rule = HealthRule(update["MinHealthyTime"], now_ns + update["HealthyDeadline"])
        since_ns = now_ns
        while True:
            now_ns = self._services.now_ns()
            fine = self._fine_since_ns
            found = verdict(rule, max(fine, since_ns) if fine else None, now_ns)
            if found.healthy is not None:
                break
            self._moved.clear()
            with suppress(TimeoutError):
                pause_s = (found.look_again_ns - now_ns) / SECOND_NS
                async with asyncio.timeout(pause_s):
                    await self._moved.wait()
        if not found.healthy:
            self._tell_unhealthy()
        self._reports.health(alloc.id, found.healthy)

    def _tell_unhealthy(self) -> None:
        seconds = self._group["Update"]["HealthyDeadline"] / SECOND_NS
        for task in self._tasks:
            if task.state.state != DEAD:
                task.tell_unhealthy(f"Task not healthy by healthy_deadline of {seconds:g}s")
