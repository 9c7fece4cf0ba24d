"""The node: it looks at allocations, runs what is wanted and tells the server in batches."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence

from faas_nomad.embedded.node.alloc_runner import AllocRunner, Reports
from faas_nomad.embedded.node.folders import AllocFolders
from faas_nomad.embedded.node.services import NodeServices
from faas_nomad.embedded.records import STOP, Alloc, TaskState
from faas_nomad.embedded.reports import Report, awaits_verdict

BATCH_S = 0.02
"""How long reports are collected; a real client collects for 200 ms."""


class Node:
    """Runs the allocations of one node."""

    def __init__(
        self, services: NodeServices, take_reports: Callable[[Sequence[Report]], None]
    ) -> None:
        self._services = services
        self._take_reports = take_reports
        self._runners: dict[str, AllocRunner] = {}
        self._leaving: set[AllocRunner] = set()
        self._watched: dict[str, str] = {}
        self._pending: dict[str, Report] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._doing: set[asyncio.Future[None]] = set()

    def look_at(self, alloc_id: str, alloc: Alloc | None, *, hurried: bool = False) -> None:
        """Bring what runs in line with the allocation as the server has it; None: forgotten."""
        runner = self._runners.get(alloc_id)
        if runner and hurried:
            runner.skip_delay()
        if alloc is None:
            self._forget(alloc_id, runner)
        elif alloc.desired == STOP or alloc.has_ended:
            if runner:
                runner.stop()
        else:
            self._run(alloc, runner)

    def variables_changed(self, namespace: str) -> None:
        """Have the templates of that namespace rendered anew."""
        for runner in self._runners.values():
            if runner.namespace == namespace:
                self._spawn(runner.refresh_templates())

    def folders(self, alloc_id: str) -> AllocFolders:
        """Return the folders of an allocation, whether it ever started or not."""
        return AllocFolders(self._services.data_folder, alloc_id)

    async def close(self) -> None:
        """Stop all that runs, in haste."""
        runners = [*self._runners.values(), *self._leaving]
        for runner in runners:
            runner.stop(hasty=True)
        for runner in runners:
            await runner.ended()
        if self._flush:
            self._flush.cancel()
        await asyncio.gather(*self._doing, return_exceptions=True)

    def _run(self, alloc: Alloc, runner: AllocRunner | None) -> None:
        if runner is None:
            reports = Reports(self._report_tasks, self._report_health)
            runner = self._runners[alloc.id] = AllocRunner(alloc, self._services, reports)
            runner.start()
        runner.update(alloc)
        if awaits_verdict(alloc) and self._watched.get(alloc.id) != alloc.deployment_id:
            self._watched[alloc.id] = alloc.deployment_id
            runner.watch_health(alloc)

    def _forget(self, alloc_id: str, runner: AllocRunner | None) -> None:
        self._runners.pop(alloc_id, None)
        self._watched.pop(alloc_id, None)
        self._pending.pop(alloc_id, None)
        self._spawn(self._clear(alloc_id, runner))

    async def _clear(self, alloc_id: str, runner: AllocRunner | None) -> None:
        if runner:
            self._leaving.add(runner)
            runner.stop()
            await runner.ended()
            self._leaving.discard(runner)
        await asyncio.to_thread(self.folders(alloc_id).remove)

    def _report_tasks(self, alloc_id: str, states: Mapping[str, TaskState]) -> None:
        if alloc_id in self._runners:
            before = self._pending.get(alloc_id)
            healthy = before.healthy if before else None
            self._add(Report(alloc_id, states, healthy))

    def _report_health(self, alloc_id: str, healthy: bool) -> None:
        if alloc_id in self._runners:
            before = self._pending.get(alloc_id)
            self._add(Report(alloc_id, before.states if before else None, healthy))

    def _add(self, report: Report) -> None:
        self._pending[report.alloc_id] = report
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(BATCH_S, self._send)

    def _send(self) -> None:
        self._flush = None
        reports, self._pending = list(self._pending.values()), {}
        self._take_reports(reports)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        doing = asyncio.ensure_future(work)
        self._doing.add(doing)
        doing.add_done_callback(self._doing.discard)
