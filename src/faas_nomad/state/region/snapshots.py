"""Snapshots, and how a region's picture takes one. Pure.

A snapshot is three lists that were read one after the other, while events and our own writes went
on: it is the truth up to the index of the first, and what is known to be newer is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from faas_nomad.model.nomad import Allocation, AllocID, JobStub, StatusesJob
from faas_nomad.state.records import AllocationRecord, JobKey, allocation_key
from faas_nomad.state.region.deployments import deployment_record
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.state.region.seen import Seen
from faas_nomad.state.region.tombstones import Tombstones


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
    statuses_index: int = 0
    allocations_index: int = 0

    @property
    def is_rewound(self) -> bool:
        """Whether it is another Nomad's, or one's put back to the past: nothing known holds."""
        return self.jobs_index < self.begun_at_index


def take_snapshot(picture: RegionPicture, snapshot: Snapshot) -> set[JobKey]:
    """Take `snapshot` as the truth up to its index; return the jobs that changed."""
    fresh = _picture_of(snapshot, picture)
    keys = picture.jobs.keys() | fresh.jobs.keys()
    changed = {key for key in keys if _differ(picture, fresh, key)}
    picture.jobs, picture.allocations = fresh.jobs, fresh.allocations
    picture.deployments, picture.tombstones = fresh.deployments, fresh.tombstones
    picture.seen = fresh.seen
    at_least = 0 if snapshot.is_rewound else picture.latest_index
    picture.latest_index = max(at_least, snapshot.jobs_index)
    return changed


def _picture_of(snapshot: Snapshot, before: RegionPicture) -> RegionPicture:
    """Return what `snapshot` says, but for what `before` knows to be newer than its first list.

    Deployments and allocations are taken of the jobs that are newer too: their lists were read
    later.
    """
    is_rewound = snapshot.is_rewound
    tombstones = Tombstones() if is_rewound else before.tombstones.after(snapshot.jobs_index)
    fresh = RegionPicture(before.reader, before.region, tombstones=tombstones)
    statuses = {fresh.key(s["Namespace"], s["ID"]): s for s in snapshot.statuses}
    for stub in snapshot.jobs:
        _take_stub(fresh, stub, statuses, before)
    if not is_rewound:
        newer = (job for job in before.jobs.values() if job.job_modify_index > snapshot.jobs_index)
        fresh.jobs.update((job.key, job) for job in newer)
    for key in fresh.jobs.keys() & statuses.keys():
        _take_deployment(fresh, key, statuses[key], snapshot.statuses_index)
    for alloc in snapshot.allocations:
        fresh.take_allocation(alloc, _known_allocation(before, alloc))
    lists = snapshot.jobs_index, snapshot.statuses_index, snapshot.allocations_index
    fresh.seen = Seen(*lists, set(fresh.jobs))
    return fresh


def _take_stub(
    fresh: RegionPicture,
    stub: JobStub,
    statuses: Mapping[JobKey, StatusesJob],
    before: RegionPicture,
) -> None:
    key = fresh.key(stub["Namespace"], stub["ID"])
    status = statuses.get(key)
    record = fresh.reader.from_stub(key, stub, status, before.jobs.get(key))
    if record is None or status is None or fresh.tombstones.covers(key, record.job_modify_index):
        return
    fresh.jobs[key] = record


def _take_deployment(fresh: RegionPicture, key: JobKey, status: StatusesJob, told_at: int) -> None:
    deployment = status.get("LatestDeployment")
    if deployment:
        fresh.deployments[key] = deployment_record(deployment, told_at)


def _known_allocation(picture: RegionPicture, alloc: Allocation) -> AllocationRecord | None:
    known = picture.allocations.get(allocation_key(alloc, picture.region), {})
    return known.get(AllocID(alloc["ID"]))


def _differ(one: RegionPicture, other: RegionPicture, key: JobKey) -> bool:
    return (
        one.jobs.get(key) != other.jobs.get(key)
        or one.allocations.get(key) != other.allocations.get(key)
        or one.deployments.get(key) != other.deployments.get(key)
    )
