"""Scales functions by their load; `translate.autoscaling` has the arithmetic."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.operations.errors import OperationError
from faas_nomad.operations.scaling import Scaling, Wanted
from faas_nomad.state.activity import Figures
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.tasks.lease import Lease
from faas_nomad.translate.autoscaling import TYPES, Course, Decision, Sample
from faas_nomad.translate.count_changes import Counted
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.scale_rules import ScaleRules

log = structlog.get_logger()

BY_AUTOSCALER = "autoscaler"

RulesOf = Callable[[JobRecord], ScaleRules]
QueryOf = Callable[[JobRecord], str]
"""Gives the Prometheus query of a function whose type is none of ours."""
CpuOf = Callable[[JobKey], float | None]
"""Gives the millicores that a function's replicas use together, if that is known."""
Ask = Callable[[str], Awaitable[float | None]]
"""Gives the value of a Prometheus query. Raises: BackendError."""


class Load(Protocol):
    """The figures of all instances."""

    def sources(self, name: str) -> Mapping[str, Figures]:
        """Return a function's figures by instance; one that has none is left out."""
        ...


class Autoscaling:
    """`decide` is called once a second by the instance that decides, and acts every interval."""

    def __init__(
        self,
        functions: Functions,
        scaling: Scaling,
        rules_of: RulesOf,
        load: Load,
        cpu_of: CpuOf,
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
        self._load = load
        self._cpu_of = cpu_of
        self._query_of = query_of
        self._ask = ask
        self._lease = lease
        self._interval_s = interval_s
        self._window_s = window_s
        self._now_s = now_s
        self._looked_s = float("-inf")
        self._courses: dict[JobKey, Course] = {}
        self._begun: dict[JobKey, dict[str, int]] = {}
        self._under_way: dict[JobKey, list[int]] = {}
        """Once a second since the last decision."""

    async def decide(self) -> None:
        """Look at every function with a type, if the interval is over."""
        now_s = self._now_s()
        since_s = now_s - self._looked_s
        self._count_under_way()
        if since_s < self._interval_s:
            return
        self._looked_s = now_s
        if since_s > 3 * self._interval_s:  # another instance decided, or none
            self._courses.clear()
            self._begun.clear()
            self._under_way.clear()
        scaled = {key: job for key, job in self._within_reach() if job.count and self._type(job)}
        for key in self._courses.keys() - scaled.keys():
            self._courses.pop(key)
            self._begun.pop(key, None)
        for key, job in scaled.items():
            await self._look(key, job, now_s, since_s)

    def _within_reach(self) -> list[tuple[JobKey, JobRecord]]:
        functions = self._functions
        jobs = functions.picture.jobs.items()
        return [(key, job) for key, job in jobs if key.region not in functions.away]

    def _count_under_way(self) -> None:
        for key, job in self._functions.picture.jobs.items():
            if job.count and self._type(job) == "capacity":
                sources = self._load.sources(self._functions.function_name(key))
                under_way = sum(figures.under_way for figures in sources.values())
                self._under_way.setdefault(key, []).append(under_way)

    def _type(self, job: JobRecord) -> str:
        return self._rules_of(job).type

    async def _look(self, key: JobKey, job: JobRecord, now_s: float, since_s: float) -> None:
        rules = self._rules_of(job)
        try:
            load = await self._measure(key, job, rules.type, since_s)
        except BackendError as err:
            log.warning("a function's load is not known", job=key.job_id, why=str(err))
            return
        if load is None:
            return
        course = self._courses.setdefault(key, Course(self._window_s))
        course.add(Sample(now_s, load))
        decision = course.decide(job.count, rules)
        log.debug("load", job=key.job_id, count=job.count, wanted=decision.count, why=decision.why)
        if decision.count != job.count:
            await self._scale(key, job, decision)

    async def _measure(
        self, key: JobKey, job: JobRecord, type_: str, since_s: float
    ) -> float | None:
        if type_ == "capacity":
            seconds = self._under_way.pop(key, [])
            return sum(seconds) / len(seconds) if seconds else None
        if type_ == "rps":
            sources = self._load.sources(self._functions.function_name(key))
            return self._rate(key, sources, since_s)
        if type_ == "cpu":
            return self._cpu_of(key)
        assert type_ not in TYPES
        return await self._ask(self._query_of(job)) if self._ask else None

    def _rate(self, key: JobKey, sources: Mapping[str, Figures], since_s: float) -> float | None:
        known = self._begun.get(key)
        before = known or {}
        now = {source: figures.started for source, figures in sources.items()}
        self._begun[key] = {**before, **now}
        if known is None:
            return None
        # An instance is left out of the figures while the function is not in use there.
        return sum(begun - before.get(source, begun) for source, begun in now.items()) / since_s

    async def _scale(self, key: JobKey, job: JobRecord, decision: Decision) -> None:
        def choose(counted: Counted) -> Wanted | None:
            same = counted.count == job.count and self._lease.is_held
            return Wanted(decision.count, decision.why) if same else None

        service = self._functions.names.service(key.job_id)
        try:
            await self._scaling.change(key, service, BY_AUTOSCALER, choose)
        except (BackendError, OperationError, InvalidDeploymentError) as err:
            log.warning("a function keeps its replicas", function=service, why=str(err))
