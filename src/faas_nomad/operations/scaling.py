"""Changes of a function's number of replicas, each with who wanted it and why.

A change registers the job anew instead of calling Nomad's scale endpoint, which refuses while a
deployment is active (nomad `nomad/job_endpoint.go Scale`). The job itself says who changed the
count, in its scaling policy: every instance sees it, and so does `nomad job inspect`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from faas_nomad.model.nomad import Job
from faas_nomad.operations.cluster import PolicyOf
from faas_nomad.operations.job_writes import JobWrites, existing_job
from faas_nomad.state.records import JobKey, job_count
from faas_nomad.translate.count_changes import CountChange, Counted, count_change_of, with_count
from faas_nomad.translate.meta import deployment_from_job_meta
from faas_nomad.translate.scale_rules import scale_rules
from faas_nomad.translate.scaling import check_replicas

log = structlog.get_logger()


@dataclass(frozen=True)
class Wanted:
    """A number of replicas, and the reason for it in a few words."""

    count: int
    why: str


Choose = Callable[[Counted], Wanted | None]
"""Gives what is wanted from what there is; None leaves it. Pure: it may be asked several times."""


class Scaling:
    """The one way in which a count is changed."""

    def __init__(
        self,
        writes: JobWrites,
        policy: PolicyOf,
        clock_ns: Callable[[], int],
    ) -> None:
        self._writes = writes
        self._policy = policy
        self._clock_ns = clock_ns
        self.changes: Counter[str] = Counter()
        """Made since the start, by who wanted them."""

    async def set(self, key: JobKey, service: str, replicas: int) -> None:
        """Set the wanted number of replicas as a person asked; 0 puts the function to sleep.

        Raises:
            NoSuchFunctionError: There is none of that name.
            InvalidDeploymentError: `replicas` is above what the function allows.
        """
        policy = await self._policy(key.region)

        def choose(counted: Counted) -> Wanted:
            check_replicas(replicas, counted.fn, policy)
            return Wanted(replicas, "asked for")

        await self.change(key, service, "api", choose)

    async def change(self, key: JobKey, service: str, by: str, choose: Choose) -> bool:
        """Let `choose` decide on the present job, again if another writer is first.

        Returns whether the count was changed.

        Raises:
            NoSuchFunctionError: There is none of that name.
        """
        policy = await self._policy(key.region)
        made: list[CountChange] = []

        async def decide(present: Job | None) -> Job | None:
            made.clear()
            job = existing_job(present, service)
            fn, count = deployment_from_job_meta(job["Meta"]), job_count(job)
            rules = scale_rules(fn, policy)
            wanted = choose(Counted(fn, count, rules, count_change_of(job)))
            if wanted is None or wanted.count == count:
                return None
            made.append(CountChange(by, wanted.why, count, wanted.count, self._clock_ns()))
            return with_count(job, made[0], fn, policy)

        await self._writes.write(key, decide)
        for change in made:
            self.changes[by] += 1
            log.info("replicas", function=service, change=change.text, by=by, why=change.why)
        return bool(made)
