"""The in-memory picture of one region's functions, folded from snapshots and events. Pure.

Everything carries Nomad's modify index, so an older message never overwrites a newer one, in
whatever order snapshot and stream arrive. Sources: nomad `nomad/state/events.go` for the event
types; a purge emits only `JobDeregistered` and no allocation events.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from faas_nomad.model.nomad import (
    Allocation,
    AllocID,
    DeploymentStub,
    Event,
    Job,
    JobStub,
    StatusesJob,
)
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.records import (
    UNKNOWN_VERSION,
    AllocationRecord,
    DeploymentRecord,
    JobKey,
    JobRecord,
    allocation_key,
    allocation_record,
    history_with,
    job_count,
)
from faas_nomad.translate.meta import is_checked_by_consul

ReadMeta = Callable[[JobKey, Mapping[str, str]], tuple[FunctionDeployment, int] | None]
"""Gives deployment and creation time (unix ns) from a job's meta; None when it is not ours."""

_GONE = ("complete", "failed", "lost")
_DEREGISTERED = ("JobDeregistered", "JobBatchDeregistered")


@dataclass
class Snapshot:
    """What the snapshot's queries answered; `jobs_index` is the Raft index of the first."""

    jobs_index: int
    jobs: list[JobStub]
    statuses: list[StatusesJob]
    allocations: list[Allocation]
    begun_at_index: int = 0
    """The region's `latest_index` before the first query: the answer must have reached it."""
    region: str = ""


@dataclass
class RegionPicture:
    """A region's functions with allocations and latest deployments; see `apply` and `replace`."""

    read_meta: ReadMeta
    region: str = ""
    jobs: dict[JobKey, JobRecord] = field(default_factory=dict)
    allocations: dict[JobKey, dict[AllocID, AllocationRecord]] = field(default_factory=dict)
    deployments: dict[JobKey, DeploymentRecord] = field(default_factory=dict)
    tombstones: dict[JobKey, int] = field(default_factory=dict)
    """Index of each removal, until a snapshot has seen it: an older answer revives nothing.

    Nor does an older event give a removed function's replica to the next one of its name."""
    latest_index: int = 0
    """The highest at which a job is known to have been written."""

    def replace(self, snapshot: Snapshot) -> set[JobKey]:
        """Take `snapshot` as the truth up to its index; return the jobs that changed."""
        # Another Nomad, or one put back to the past: nothing known from before holds.
        is_rewound = snapshot.jobs_index < snapshot.begun_at_index
        tombstones = {} if is_rewound else self._tombstones_after(snapshot.jobs_index)
        fresh = RegionPicture(self.read_meta, self.region, tombstones=tombstones)
        counts = {self._key(s["Namespace"], s["ID"]): s for s in snapshot.statuses}
        for stub in snapshot.jobs:
            known = self.jobs.get(self._key(stub["Namespace"], stub["ID"]))
            fresh._take_stub(stub, counts, known.history if known else ())
        for alloc in snapshot.allocations:
            fresh._take_allocation(alloc, self._known_allocation(alloc))
        if not is_rewound:
            self._carry_newer_over(fresh, snapshot.jobs_index)
        changed = {key for key in self.jobs.keys() | fresh.jobs.keys() if self._differs(fresh, key)}
        self.jobs, self.allocations = fresh.jobs, fresh.allocations
        self.deployments, self.tombstones = fresh.deployments, fresh.tombstones
        self.latest_index = max(0 if is_rewound else self.latest_index, snapshot.jobs_index)
        return changed

    def apply(self, event: Event) -> set[JobKey]:
        """Fold one event in; return the jobs it changed."""
        payload = event["Payload"]
        if event["Topic"] == "Job" and "Job" in payload:
            return self._apply_job(event, payload["Job"])
        if event["Topic"] == "Allocation" and "Allocation" in payload:
            return self._take_allocation(payload["Allocation"])
        if event["Topic"] == "Deployment" and "Deployment" in payload:
            return self._apply_deployment(payload["Deployment"])
        return set()

    def write_through(self, job: Job, job_modify_index: int) -> set[JobKey]:
        """Take our own accepted registration before its event comes, so reads follow writes."""
        return self._take_job(job, UNKNOWN_VERSION, job_modify_index)

    def forget(self, key: JobKey, raft_index: int) -> set[JobKey]:
        """Drop a job and all it had; answers older than `raft_index` will not bring it back."""
        known = self.jobs.pop(key, None)
        self.tombstones[key] = raft_index
        self.latest_index = max(self.latest_index, raft_index)
        self.allocations.pop(key, None)
        self.deployments.pop(key, None)
        return {key} if known else set()

    def _key(self, namespace: str, job_id: str) -> JobKey:
        return JobKey(namespace, job_id, self.region)

    def _tombstones_after(self, raft_index: int) -> dict[JobKey, int]:
        return {key: index for key, index in self.tombstones.items() if index > raft_index}

    def _carry_newer_over(self, fresh: "RegionPicture", jobs_index: int) -> None:
        """Keep what events or our own writes told since the snapshot was read."""
        for key, job in self.jobs.items():
            if job.job_modify_index > jobs_index:
                fresh.jobs[key] = job
                fresh.allocations[key] = self.allocations.get(key, {})

    def _differs(self, other: "RegionPicture", key: JobKey) -> bool:
        return (
            self.jobs.get(key) != other.jobs.get(key)
            or self.allocations.get(key) != other.allocations.get(key)
            or self.deployments.get(key) != other.deployments.get(key)
        )

    def _take_stub(
        self,
        stub: JobStub,
        counts: Mapping[JobKey, StatusesJob],
        history: tuple[tuple[int, int], ...],
    ) -> None:
        key = self._key(stub["Namespace"], stub["ID"])
        ours = self.read_meta(key, stub["Meta"] or {})
        status = counts.get(key)
        buried = stub["JobModifyIndex"] <= self.tombstones.get(key, 0)
        if ours is None or stub["Stop"] or status is None or buried:
            return
        fn, created_ns = ours
        content = _content(stub["Meta"])
        self.jobs[key] = JobRecord(
            key=key,
            fn=fn,
            created_ns=created_ns,
            count=status["GroupCountSum"],
            version=status["Version"],
            job_modify_index=stub["JobModifyIndex"],
            content=content,
            is_checked_by_consul=is_checked_by_consul(stub["Meta"]),
            history=history_with(status["Version"], content, history),
        )
        deployment = status.get("LatestDeployment")
        if deployment:
            self.deployments[key] = _deployment_record(deployment)

    def _apply_job(self, event: Event, job: Job) -> set[JobKey]:
        key = self._key(event["Namespace"], job["ID"])
        known = self.jobs.get(key)
        if event["Type"] in _DEREGISTERED or job.get("Stop"):
            older = known is not None and known.job_modify_index > event["Index"]
            return set() if older else self.forget(key, event["Index"])
        return self._take_job(job, int(job["Version"]), int(job["JobModifyIndex"]))

    def _take_job(self, job: Job, version: int, job_modify_index: int) -> set[JobKey]:
        key = self._key(job["Namespace"], job["ID"])
        ours = self.read_meta(key, job.get("Meta") or {})
        known = self.jobs.get(key)
        if ours is None or (known and not _is_news(known, version, job_modify_index)):
            return set()
        if job_modify_index <= self.tombstones.get(key, 0):
            return set()
        self.latest_index = max(self.latest_index, job_modify_index)
        fn, created_ns = ours
        content = _content(job.get("Meta"))
        record = JobRecord(
            key=key,
            fn=fn,
            created_ns=created_ns,
            count=job_count(job),
            version=version,
            job_modify_index=job_modify_index,
            content=content,
            is_checked_by_consul=is_checked_by_consul(job.get("Meta")),
            history=history_with(version, content, known.history if known else ()),
        )
        if known == record:
            return set()
        self.jobs[key] = record
        return {key}

    def _known_allocation(self, alloc: Allocation) -> AllocationRecord | None:
        return self.allocations.get(allocation_key(alloc, self.region), {}).get(
            AllocID(alloc["ID"])
        )

    def _take_allocation(
        self, alloc: Allocation, earlier: AllocationRecord | None = None
    ) -> set[JobKey]:
        key = allocation_key(alloc, self.region)
        job = self.jobs.get(key)
        if job is None or alloc["ModifyIndex"] <= self.tombstones.get(key, 0):
            return set()
        kept = self.allocations.setdefault(key, {})
        known = kept.get(AllocID(alloc["ID"]))
        if known and known.modify_index > alloc["ModifyIndex"]:
            return set()
        record = allocation_record(alloc, self._version(job, known, alloc), known or earlier)
        if record.client_status in _GONE:
            return {key} if kept.pop(record.id, None) else set()
        kept[record.id] = record
        moved = known is None or replace(known, modify_index=record.modify_index) != record
        return {key} if moved else set()

    def _version(self, job: JobRecord, known: AllocationRecord | None, alloc: Allocation) -> int:
        """Return the job version that `alloc` was placed for, which events do not carry.

        Its deployment tells it, as the job may have moved on while the placement was made.
        """
        if known and known.version != UNKNOWN_VERSION:
            return known.version
        deployment = self.deployments.get(job.key)
        if deployment and deployment.id == alloc.get("DeploymentID"):
            return deployment.job_version
        return job.version

    def _apply_deployment(self, deployment: DeploymentStub) -> set[JobKey]:
        key = self._key(deployment["Namespace"], deployment["JobID"])
        known = self.deployments.get(key)
        record = _deployment_record(deployment)
        if key not in self.jobs or record == known:
            return set()
        if known and known.job_version > record.job_version:
            return set()
        self.deployments[key] = record
        return {key}


def live(allocations: Iterable[AllocationRecord]) -> list[AllocationRecord]:
    """Return those whose process should be up and reachable."""
    return [alloc for alloc in allocations if alloc.alive]


def _is_news(known: JobRecord, version: int, job_modify_index: int) -> bool:
    """Our own write is news only before its event has come, which tells the version too."""
    if version == UNKNOWN_VERSION:
        return job_modify_index > known.job_modify_index
    return job_modify_index >= known.job_modify_index


def _content(meta: Mapping[str, str] | None) -> int:
    return hash(frozenset((meta or {}).items()))


def _deployment_record(deployment: DeploymentStub) -> DeploymentRecord:
    return DeploymentRecord(
        id=deployment["ID"],
        job_version=deployment["JobVersion"],
        status=deployment["Status"],
        description=deployment["StatusDescription"],
    )
