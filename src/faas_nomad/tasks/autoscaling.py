"""Scales functions by their load; `translate.autoscaling` has the arithmetic."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from faas_nomad.clients.errors import BackendError, UnreachableError
from faas_nomad.operations.errors import OperationError
from faas_nomad.operations.scaling import Scaling, Wanted
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.tasks.lease import Lease
from faas_nomad.tasks.loads import OwnLoads
from faas_nomad.translate.autoscaling import TYPES, Course, Decision, Sample
from faas_nomad.translate.count_changes import Counted
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.scale_rules import ScaleRules

log = structlog.get_logger()

BY_AUTOSCALER = "autoscaler"
MAX_QUERIES_AT_ONCE = 8

RulesOf = Callable[[JobRecord], ScaleRules]
QueryOf = Callable[[JobRecord], str]
"""Gives the Prometheus query of a function whose type is none of ours."""
Ask = Callable[[str], Awaitable[float | None]]
"""Gives the value of a Prometheus query. Raises: BackendError."""
Scaled = dict[JobKey, JobRecord]


class Autoscaling:
    """`decide` is called once a second by the instance that decides, and acts every interval."""

    def __init__(
        self,
        functions: Functions,
        scaling: Scaling,
        rules_of: RulesOf,
        loads: OwnLoads,
        query_of: QueryOf,
        ask: Ask | None,
        lease: Lease,
        *,
        interval_s: float,
        window_s: float,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._functions = functions
        self._scaling = scaling
        self._rules_of = rules_of
        self._loads = loads
        self._query_of = query_of
        self._ask = ask
        self._lease = lease
        self._interval_s = interval_s
        self._window_s = window_s
        self._now_s = now_s
        self._began_s = float("-inf")
        self._ended_s = float("-inf")
        """The last round: one may take longer than the interval."""
        self._courses: dict[JobKey, Course] = {}

    async def decide(self) -> None:
        """Look at every function with a type, if the interval is over."""
        now_s = self._now_s()
        since_s = now_s - self._began_s
        scaled = self._scaled()
        self._loads.look(key for key, job in scaled.items() if self._type(job) == "capacity")
        if since_s < self._interval_s:
            return
        self._began_s = now_s
        # After a long pause another instance decided, or none.
        self._keep({} if now_s - self._ended_s > 3 * self._interval_s else scaled)
        await self._follow_own(scaled, now_s, since_s)
        if self._ask is not None:
            await self._follow_asked(self._ask, scaled, now_s)
        self._ended_s = self._now_s()

    def _scaled(self) -> Scaled:
        """Return the functions that are awake, have a type and are within reach."""
        away, jobs = self._functions.away, self._functions.picture.jobs
        return {
            key: job
            for key, job in jobs.items()
            if job.count and key.region not in away and self._type(job)
        }

    def _type(self, job: JobRecord) -> str:
        return self._rules_of(job).type

    def _keep(self, scaled: Scaled) -> None:
        self._loads.forget_all_but(scaled.keys())
        self._courses = {key: one for key, one in self._courses.items() if key in scaled}

    async def _follow_own(self, scaled: Scaled, now_s: float, since_s: float) -> None:
        """Measure all at one time, then change counts, which takes its own."""
        types = {key: self._type(job) for key, job in scaled.items()}
        loads = {
            key: self._loads.measure(key, type_, since_s)
            for key, type_ in types.items()
            if type_ in TYPES
        }
        for key, load in loads.items():
            await self._follow(key, scaled[key], load, now_s)

    async def _follow_asked(self, ask: Ask, scaled: Scaled, now_s: float) -> None:
        """Ask Prometheus for the other loads, until it cannot be reached."""
        turns, away = asyncio.Semaphore(MAX_QUERIES_AT_ONCE), asyncio.Event()

        async def look(key: JobKey, job: JobRecord) -> None:
            async with turns:
                if away.is_set():
                    return
                try:
                    load = await ask(self._query_of(job))
                except BackendError as err:
                    if isinstance(err, UnreachableError):
                        away.set()
                    log.warning("a function's load is not known", job=key.job_id, why=str(err))
                    return
            await self._follow(key, job, load, now_s)

        others = [pair for pair in scaled.items() if self._type(pair[1]) not in TYPES]
        await asyncio.gather(*(look(key, job) for key, job in others))

    async def _follow(self, key: JobKey, job: JobRecord, load: float | None, now_s: float) -> None:
        if load is None:
            return
        rules = self._rules_of(job)
        course = self._courses.setdefault(key, Course(self._window_s))
        course.add(Sample(now_s, load))
        decision = course.decide(job.count, rules)
        log.debug("load", job=key.job_id, count=job.count, wanted=decision.count, why=decision.why)
        if decision.count != job.count:
            await self._scale(key, job, decision)

    async def _scale(self, key: JobKey, job: JobRecord, decision: Decision) -> None:
        def choose(counted: Counted) -> Wanted | None:
            same = counted.count == job.count and self._lease.is_held
            return Wanted(decision.count, decision.why) if same else None

        service = self._functions.names.service(key.job_id)
        try:
            await self._scaling.change(key, service, BY_AUTOSCALER, choose)
        except (BackendError, OperationError, InvalidDeploymentError) as err:
            log.warning("a function keeps its replicas", function=service, why=str(err))
