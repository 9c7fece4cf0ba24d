"""The in-memory picture of one region's functions, folded from events and our own writes. Pure.

Everything carries Nomad's modify index, so an older message never overwrites a newer one, in
whatever order snapshot and stream arrive. Sources: nomad `nomad/state/events.go` for the event
types; a purge emits only `JobDeregistered` and no allocation events. See `snapshots.py` for the
other fold.
"""

from dataclasses import dataclass, field

from faas_nomad.model.nomad import Allocation, AllocID, DeploymentStub, Event, Job
from faas_nomad.state.records import (
    UNKNOWN_VERSION,
    AllocationRecord,
    DeploymentRecord,
    JobKey,
    JobRecord,
    allocation_key,
)
from faas_nomad.state.region.allocations import take_allocation
from faas_nomad.state.region.deployments import deployment_record, is_later, placed_version
from faas_nomad.state.region.jobs import JobReader, is_news
from faas_nomad.state.region.seen import Seen
from faas_nomad.state.region.tombstones import Tombstones

_DEREGISTERED = ("JobDeregistered", "JobBatchDeregistered")


@dataclass
class RegionPicture:
    """A region's functions with allocations and latest deployments."""

    reader: JobReader
    region: str = ""
    jobs: dict[JobKey, JobRecord] = field(default_factory=dict)
    allocations: dict[JobKey, dict[AllocID, AllocationRecord]] = field(default_factory=dict)
    deployments: dict[JobKey, DeploymentRecord] = field(default_factory=dict)
    tombstones: Tombstones = field(default_factory=Tombstones)
    seen: Seen = field(default_factory=Seen)
    """What the last snapshot holds."""
    latest_index: int = 0
    """The highest at which a job is known to have been written."""

    def key(self, namespace: str, job_id: str) -> JobKey:
        """Return the identity of a job of this region."""
        return JobKey(namespace, job_id, self.region)

    def apply(self, event: Event) -> set[JobKey]:
        """Fold one event in; return the jobs it changed."""
        payload = event["Payload"]
        if event["Topic"] == "Job" and "Job" in payload:
            return self._apply_job(event, payload["Job"])
        if event["Topic"] == "Allocation" and "Allocation" in payload:
            return self.take_allocation(payload["Allocation"])
        if event["Topic"] == "Deployment" and "Deployment" in payload:
            return self._apply_deployment(event, payload["Deployment"])
        return set()

    def write_through(self, job: Job, job_modify_index: int) -> set[JobKey]:
        """Take our own accepted registration before its event comes, so reads follow writes."""
        if job_modify_index <= self.seen.jobs_index:
            return set()
        return self._take_job(job, UNKNOWN_VERSION, job_modify_index)

    def forget(self, key: JobKey, raft_index: int) -> set[JobKey]:
        """Drop a job and all it had; answers older than `raft_index` will not bring it back.

        One of its name that was registered later stays, without what it did not have itself.
        """
        self.tombstones.bury(key, raft_index)
        self.latest_index = max(self.latest_index, raft_index)
        known = self.jobs.get(key)
        if known and known.job_modify_index > raft_index:
            return self._drop_older(key, raft_index)
        self.seen.functions.discard(key)
        self.allocations.pop(key, None)
        self.deployments.pop(key, None)
        return {key} if self.jobs.pop(key, None) else set()

    def take_allocation(
        self, alloc: Allocation, earlier: AllocationRecord | None = None
    ) -> set[JobKey]:
        """Take an allocation; `earlier` is what an earlier picture knew of it."""
        key = allocation_key(alloc, self.region)
        job = self.jobs.get(key)
        if job is None or self.tombstones.covers(key, alloc["ModifyIndex"]):
            return set()
        kept = self.allocations.setdefault(key, {})
        placed_for = placed_version(job, self.deployments.get(key), alloc)
        return {key} if take_allocation(kept, alloc, placed_for, earlier) else set()

    def _apply_job(self, event: Event, job: Job) -> set[JobKey]:
        if tells_removal(event):
            key = self.key(event["Namespace"], job["ID"])
            return self.forget(key, event["Index"])
        return self._take_job(job, int(job["Version"]), int(job["JobModifyIndex"]))

    def _take_job(self, job: Job, version: int, job_modify_index: int) -> set[JobKey]:
        key = self.key(job["Namespace"], job["ID"])
        known = self.jobs.get(key)
        record = self.reader.from_job(key, job, version, job_modify_index, known)
        if record is None:  # it was never a function, or was edited to be none
            was_one = known is not None and known.job_modify_index < job_modify_index
            return self.forget(key, job_modify_index) if was_one else set()
        if not is_news(record, known):
            return set()
        if self.tombstones.covers(key, job_modify_index):
            return set()
        self.latest_index = max(self.latest_index, job_modify_index)
        self.jobs[key] = record
        return {key} if record != known else set()

    def _apply_deployment(self, event: Event, deployment: DeploymentStub) -> set[JobKey]:
        key = self.key(deployment["Namespace"], deployment["JobID"])
        record = deployment_record(deployment, event["Index"])
        if key not in self.jobs or not is_later(record, self.deployments.get(key)):
            return set()
        self.deployments[key] = record
        return {key}

    def _drop_older(self, key: JobKey, raft_index: int) -> set[JobKey]:
        """Drop what was there before `raft_index`."""
        allocs, deployment = self.allocations.get(key, {}), self.deployments.get(key)
        older = [one.id for one in allocs.values() if one.modify_index <= raft_index]
        for alloc_id in older:
            del allocs[alloc_id]
        if deployment and deployment.told_at <= raft_index:
            del self.deployments[key]
            return {key}
        return {key} if older else set()


def tells_removal(event: Event) -> bool:
    """Return whether the event tells that a job was stopped or forgotten."""
    job = event["Payload"].get("Job") or {}
    return event["Topic"] == "Job" and (event["Type"] in _DEREGISTERED or bool(job.get("Stop")))
