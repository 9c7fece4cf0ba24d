"""What stands against functions' being ready, as Nomad last told it. Pure.

It holds only for the deployment that it was told of: with an update, or when Nomad has gone back
to the version before, the earlier troubles mean nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from faas_nomad.model.nomad import Allocation, Event
from faas_nomad.state.records import JobKey, JobRecord, allocation_key
from faas_nomad.translate.troubles import (
    Trouble,
    allocation_trouble,
    deployment_trouble,
    placement_trouble,
    without_secrets,
)

_ORDER = ("placement", "replica", "deployment")
"""What is told of a replica says more than that the deployment failed."""


@dataclass(frozen=True)
class Told:
    """One thing that Nomad told; `trouble` is None when all was well with it then."""

    index: int
    content: int
    trouble: Trouble | None


@dataclass
class Troubles:
    """By function, the last that was told by each source: evaluations, replicas, deployments."""

    find_job: Callable[[JobKey], JobRecord | None]
    _told: dict[JobKey, dict[str, Told]] = field(default_factory=dict)

    def apply(self, event: Event, region: str = "") -> set[JobKey]:
        """Take one event of a region; return the functions of which something new is known."""
        topic, payload = event["Topic"], event["Payload"]
        if topic == "Evaluation" and "Evaluation" in payload:
            return self.take_evaluation(payload["Evaluation"], region)
        if topic == "Allocation" and "Allocation" in payload:
            return self.take_allocation(payload["Allocation"], region)
        if topic == "Deployment" and "Deployment" in payload:
            return self._take_deployment(payload["Deployment"], region)
        return set()

    def take_answers(
        self,
        allocations: Iterable[Allocation],
        evaluations: Iterable[Mapping[str, Any]],
        region: str = "",
    ) -> set[JobKey]:
        """Take what Nomad was asked, besides its events; return as `apply` does."""
        replicas = (self.take_allocation(alloc, region) for alloc in allocations)
        placements = (self.take_evaluation(evaluation, region) for evaluation in evaluations)
        return set().union(*replicas, *placements)

    def take_evaluation(self, evaluation: Mapping[str, Any], region: str = "") -> set[JobKey]:
        """Take one that is complete: it has placed all replicas, or says why not."""
        if evaluation.get("Status") != "complete":
            return set()
        key = JobKey(evaluation["Namespace"], evaluation["JobID"], region)
        index = int(evaluation["ModifyIndex"])
        return self._take(key, "placement", index, placement_trouble(evaluation))

    def take_allocation(self, alloc: Allocation, region: str = "") -> set[JobKey]:
        """Take a replica that should run; what was wrong stays until the function is ready."""
        trouble = allocation_trouble(alloc) if alloc["DesiredStatus"] == "run" else None
        if trouble is None:
            return set()
        return self._take(allocation_key(alloc, region), "replica", alloc["ModifyIndex"], trouble)

    def settle(self, key: JobKey) -> None:
        """The function is ready: what was wrong with its replicas is over."""
        told = self._told.get(key)
        if told is not None:
            told.pop("replica", None)
            told.pop("deployment", None)
            if not told:
                del self._told[key]

    def forget(self, key: JobKey) -> None:
        """The function is no more."""
        self._told.pop(key, None)

    def find(self, key: JobKey) -> Trouble | None:
        """Return what stands against the function, as it is deployed now."""
        job, told = self.find_job(key), self._told.get(key)
        if job is None or told is None:
            return None
        for source in _ORDER:
            found = told.get(source)
            if found and found.trouble and found.content == job.content:
                return without_secrets(found.trouble, job.fn)
        return None

    def is_known(self, key: JobKey) -> bool:
        """Return whether something was told of the function."""
        return key in self._told

    def told(self) -> Iterable[JobKey]:
        """Return the functions of which something was told."""
        return self._told.keys()

    def _take_deployment(self, deployment: Mapping[str, Any], region: str) -> set[JobKey]:
        key = JobKey(deployment["Namespace"], deployment["JobID"], region)
        trouble = deployment_trouble(deployment["Status"], deployment["StatusDescription"])
        return self._take(key, "deployment", int(deployment["ModifyIndex"]), trouble)

    def _take(self, key: JobKey, source: str, index: int, trouble: Trouble | None) -> set[JobKey]:
        job = self.find_job(key)
        known = self._told.get(key, {}).get(source)
        if job is None or (known and known.index > index) or (known is None and trouble is None):
            return set()
        self._told.setdefault(key, {})[source] = Told(index, job.content, trouble)
        is_same = known and (known.trouble, known.content) == (trouble, job.content)
        return set() if is_same else {key}
