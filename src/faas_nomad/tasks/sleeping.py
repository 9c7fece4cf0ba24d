"""Puts idle functions to sleep without losing a request.

First no instance sends requests to the function any more: what comes waits, as for a function that
sleeps. Only when every instance has said that nothing is under way is the count set to 0, and what
has come meanwhile wakes the function again. Whoever holds requests for another instance's decision
lets go after `HELD_S`, whatever becomes of that one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.model.instances import Answer, Ask
from faas_nomad.operations.errors import OperationError
from faas_nomad.operations.scaling import Scaling, Wanted
from faas_nomad.state.activity import Activity
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.tasks.instances import Instances
from faas_nomad.tasks.lease import Lease
from faas_nomad.translate.count_changes import Counted
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.scale_rules import ScaleRules

log = structlog.get_logger()

BY_IDLENESS = "idle"
DECIDED_WITHIN_S = 3.0
"""From the question to the last change of a count."""
HELD_S = 5.0
"""What another instance asks to be held is held for so long: longer than it may decide."""
NEWS_WITHIN_S = 0.3
"""For a changed count to be known to all instances."""
POLL_S = 0.05
MAX_AT_ONCE = 50

UnderWay = Callable[[str], Awaitable[int | None]]
"""Gives what a function has under way once all routes are in force; None when nobody knows."""
RulesOf = Callable[[JobRecord], ScaleRules]


class Sleeping:
    """Decides together with the other instances; `activity` is this one's."""

    def __init__(
        self,
        functions: Functions,
        scaling: Scaling,
        activity: Activity,
        rules_of: RulesOf,
        under_way: UnderWay,
        lease: Lease,
        instances: Instances,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._functions = functions
        self._scaling = scaling
        self._activity = activity
        self._rules_of = rules_of
        self._under_way = under_way
        self._lease = lease
        self._instances = instances
        self._now_s = now_s
        self._number = 0
        self._answering: set[asyncio.Task[None]] = set()
        self._asked_now = 0
        lease.asked = self.asked

    async def decide(self) -> None:
        """Put to sleep what is idle; only for the instance that decides. Raises: BackendError."""
        idle = [key for key in list(self._functions.picture.jobs) if self._is_idle(key)]
        if idle:
            await self._put_to_sleep(idle[:MAX_AT_ONCE])

    def asked(self, ask: Ask | None) -> None:
        """Another instance wants to put functions to sleep."""
        before, self._asked_now = self._asked_now, ask.number if ask else 0
        if ask is None or ask.number == before:
            return
        task = asyncio.ensure_future(self._answer(ask))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    def _is_idle(self, key: JobKey) -> bool:
        job = self._functions.find(key)
        if job is None or job.count == 0 or key.region in self._functions.away:
            return False
        rules = self._rules_of(job)
        name = self._functions.function_name(key)
        return rules.to_zero and self._activity.idle_s(name, self._now_s()) >= rules.idle_s

    async def _put_to_sleep(self, idle: list[JobKey]) -> None:
        until_s = self._now_s() + DECIDED_WITHIN_S
        held: list[JobKey] = []
        try:
            quiet = await self._hold_quiet(idle, held)
            agreed = await self._agreed(quiet, until_s)
            await asyncio.gather(*(self._set_to_zero(key, until_s) for key in agreed))
            if self._instances.others and quiet:
                await self._lease.ask(None)
        finally:
            for key in held:
                self._functions.release(key)
        for key in set(idle) - set(agreed):
            self._activity.used(self._functions.function_name(key), self._now_s())

    async def _hold_quiet(self, keys: list[JobKey], held: list[JobKey]) -> list[JobKey]:
        """Hold the requests of functions; return those that have nothing under way.

        `held` is what the caller is to release in the end.
        """
        for key in keys:
            self._functions.hold(key)
            held.append(key)
        names = [self._functions.function_name(key) for key in keys]
        under_way = await asyncio.gather(*map(self._under_way, names))
        quiet = [key for key, figure in zip(keys, under_way, strict=True) if figure == 0]
        for key in set(keys) - set(quiet):
            held.remove(key)
            self._functions.release(key)
        return quiet

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

    async def _answer(self, ask: Ask) -> None:
        keys = [self._functions.directory.key_by_name(name) for name in ask.functions]
        idle = [key for key in keys if self._is_idle(key)]
        held: list[JobKey] = []
        until_s = self._now_s() + HELD_S
        try:
            quiet = await self._hold_quiet(idle, held)
            names = tuple(self._functions.function_name(key) for key in quiet)
            self._instances.answer(Answer(ask.number, names))
            while held and self._now_s() < until_s:
                await asyncio.sleep(POLL_S)
                if self._asked_now != ask.number:  # it is decided; the counts' events are close
                    until_s = min(until_s, self._now_s() + NEWS_WITHIN_S)
                self._release_sleeping(held)
        finally:
            for key in held:
                self._functions.release(key)

    def _release_sleeping(self, held: list[JobKey]) -> None:
        for key in list(held):
            job = self._functions.find(key)
            if job is None or job.count == 0:
                held.remove(key)
                self._functions.release(key)
