"""Puts idle functions to sleep without losing a request.

First no instance sends requests to the function any more: what comes waits, as for a function that
sleeps. Only when every instance has said that nothing is under way is the count set to 0, and what
has come meanwhile wakes the function again. How the others answer is in `sleep_answers.py`.
"""

import asyncio
import time
from collections.abc import Callable, Collection

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.model.instances import Ask
from faas_nomad.operations.errors import OperationError
from faas_nomad.operations.scaling import Scaling, Wanted
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey
from faas_nomad.tasks.holding import Holding, UnderWay
from faas_nomad.tasks.idleness import Idleness
from faas_nomad.tasks.instances import Instances
from faas_nomad.tasks.lease import Lease
from faas_nomad.translate.count_changes import Counted
from faas_nomad.translate.errors import InvalidDeploymentError

log = structlog.get_logger()

BY_IDLENESS = "idle"
DECIDED_WITHIN_S = 3.0
"""From the question to the last change of a count; other instances hold for longer."""
POLL_S = 0.05
MAX_AT_ONCE = 50


class Sleeping:
    """Decides together with the other instances, while this one holds the lease."""

    def __init__(
        self,
        functions: Functions,
        scaling: Scaling,
        idleness: Idleness,
        under_way: UnderWay,
        lease: Lease,
        instances: Instances,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._functions = functions
        self._scaling = scaling
        self._idleness = idleness
        self._under_way = under_way
        self._lease = lease
        self._instances = instances
        self._now_s = now_s
        self._number = 0

    async def decide(self) -> None:
        """Put to sleep what is idle; only for the instance that decides. Raises: BackendError."""
        idle = self._idleness.idle()
        if idle:
            await self._put_to_sleep(idle[:MAX_AT_ONCE])

    async def _put_to_sleep(self, idle: list[JobKey]) -> None:
        until_s = self._now_s() + DECIDED_WITHIN_S
        with Holding(self._functions, self._under_way) as holding:
            quiet = await holding.hold_quiet(idle)
            agreed = await self._agreed(quiet, until_s)
            await asyncio.gather(*(self._set_to_zero(key, until_s) for key in agreed))
            if self._instances.others and quiet:
                await self._lease.ask(None)
        for key in set(idle) - set(agreed):
            self._idleness.is_used(key)

    async def _agreed(self, quiet: list[JobKey], until_s: float) -> list[JobKey]:
        """Return the functions that are quiet everywhere."""
        await self._instances.refresh()
        if not quiet or not self._instances.others:
            return quiet
        self._number = time.time_ns()
        names = {self._functions.function_name(key): key for key in quiet}
        if not await self._lease.ask(Ask(self._number, tuple(names))):
            return []
        agreed = await self._answers(names.keys(), until_s)
        return [names[name] for name in agreed]

    async def _answers(self, asked: Collection[str], until_s: float) -> set[str]:
        while self._now_s() < until_s:
            answers = [report.answer for report in self._instances.others.values()]
            if all(answer and answer.number == self._number for answer in answers):
                quiet = [set(answer.quiet) for answer in answers if answer]
                return set(asked).intersection(*quiet)
            await asyncio.sleep(POLL_S)
            await self._instances.refresh()
        return set()

    async def _set_to_zero(self, key: JobKey, until_s: float) -> None:
        def choose(counted: Counted) -> Wanted | None:
            may = self._lease.is_held and self._now_s() < until_s and counted.rules.to_zero
            return Wanted(0, f"no request for {counted.rules.idle_s:g} s") if may else None

        service = self._functions.names.service(key.job_id)
        try:
            await self._scaling.change(key, service, BY_IDLENESS, choose)
        except (BackendError, OperationError, InvalidDeploymentError) as err:
            log.warning("an idle function stays awake", function=service, why=str(err))
