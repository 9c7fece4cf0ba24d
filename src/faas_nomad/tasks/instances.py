"""What the instances tell each other: each keeps a variable of its own, the decider reads all."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Never

import structlog

from faas_nomad.clients.errors import BackendError, ConflictError
from faas_nomad.clients.nomad_variables import NomadVariables
from faas_nomad.model.instances import Answer, MeetingPlace, Report, report_from_items

log = structlog.get_logger()

REPORT_EVERY_S = 2.0
"""While there is something to report."""
HEARTBEAT_S = 10.0
GONE_AFTER_S = 30.0
"""An instance whose variable did not change for so long is taken for dead."""
SWEPT_AFTER_S = 120.0


@dataclass(slots=True)
class Other:
    """Another instance as last read; `changed_s` by our own clock."""

    index: int
    changed_s: float
    report: Report


class Instances:
    """`run` keeps this instance's variable; `refresh` reads those of the others."""

    def __init__(
        self,
        variables: NomadVariables,
        place: MeetingPlace,
        me: str,
        load: Callable[[], Mapping[str, tuple[int, int]]],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._variables = variables
        self._namespace = place.namespace
        self._folder = place.reports
        self._me = place.reports + me
        self._load = load
        self._now_s = now_s
        self._index = 0
        self._told = Report()
        self._told_s = float("-inf")
        self._answer: Answer | None = None
        self._has_answer = asyncio.Event()
        self._others: dict[str, Other] = {}

    async def run(self) -> Never:
        """Report for ever; the variable is removed in the end."""
        try:
            while True:
                await self._report()
                self._has_answer.clear()
                try:
                    async with asyncio.timeout(REPORT_EVERY_S):
                        await self._has_answer.wait()
                except TimeoutError:
                    continue
        finally:
            await asyncio.shield(self._remove(self._me, self._index))

    def answer(self, answer: Answer) -> None:
        """Report the answer at once."""
        self._answer = answer
        self._has_answer.set()

    @property
    def others(self) -> dict[str, Report]:
        """The other instances that are alive, as `refresh` found them."""
        alive_s = self._now_s() - GONE_AFTER_S
        return {path: o.report for path, o in self._others.items() if o.changed_s > alive_s}

    async def refresh(self) -> None:
        """Read what has changed. Raises: BackendError."""
        stubs = await self._variables.list(self._folder, self._namespace)
        present = {stub.path: stub.modify_index for stub in stubs if stub.path != self._me}
        for path in self._others.keys() - present.keys():
            del self._others[path]
        for path, index in present.items():
            known = self._others.get(path)
            if known is None or known.index != index:
                found = await self._variables.find(self._namespace, path)
                report = report_from_items(found.items)
                self._others[path] = Other(index, self._now_s(), report)
            elif self._now_s() - known.changed_s > SWEPT_AFTER_S:
                await self._remove(path, index)

    async def _report(self) -> None:
        report = Report(self._told.beat + 1, self._answer, self._load())
        same = report.answer == self._told.answer and report.load == self._told.load
        if same and self._now_s() - self._told_s < HEARTBEAT_S:
            return
        try:
            await self._put(report)
        except BackendError as err:
            log.debug("this instance could not report", why=str(err))

    async def _put(self, report: Report) -> None:
        try:
            self._index = await self._variables.put(
                self._namespace, self._me, report.items(), expected_index=self._index
            )
        except ConflictError:  # swept away, or a write of ours came late
            found = await self._variables.find(self._namespace, self._me)
            self._index = found.modify_index
        else:
            self._told, self._told_s = report, self._now_s()

    async def _remove(self, path: str, index: int) -> None:
        try:
            async with asyncio.timeout(1.0):
                await self._variables.delete(self._namespace, path, expected_index=index)
        except (BackendError, TimeoutError) as err:
            log.debug("an instance's variable stays", path=path, why=str(err))
