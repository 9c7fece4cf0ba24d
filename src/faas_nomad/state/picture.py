"""The pictures of all regions as one, in which a name stands for one function. Pure.

Each region has Raft indexes of its own, so each is folded by itself. Where a name is taken in more
than one region, the first in the settings' order has it; the others' jobs are left alone.
"""

from collections.abc import Mapping, Sequence

from faas_nomad.model.nomad import AllocID, Event, Job
from faas_nomad.state.records import AllocationRecord, DeploymentRecord, JobKey, JobRecord
from faas_nomad.state.region.jobs import JobReader, ReadMeta
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.state.region.snapshots import Snapshot, take_snapshot
from faas_nomad.translate.regions import OWN

_NONE: Mapping[AllocID, AllocationRecord] = {}


class Picture:
    """What is known of functions; each change returns the keys of what it changed."""

    def __init__(self, read_meta: ReadMeta, regions: Sequence[str] = ("",)) -> None:
        self.regions = {region: RegionPicture(JobReader(read_meta), region) for region in regions}
        self.jobs: dict[JobKey, JobRecord] = {}
        """Those that are reached by their names."""
        self.known: set[str] = set()
        """The regions of which a snapshot was taken."""

    def replace(self, snapshot: Snapshot) -> set[JobKey]:
        """Take `snapshot` as the truth on its region up to its index."""
        self.known.add(snapshot.region)
        region = self.regions[snapshot.region]
        changed = self._settle(take_snapshot(region, snapshot))
        self.jobs.update((key, job) for key, job in region.jobs.items() if key in self.jobs)
        return changed

    def apply(self, event: Event, region: str = "") -> set[JobKey]:
        """Fold one event of a region in."""
        return self._settle(self.regions[region].apply(event))

    def has_seen(self, event: Event, region: str = "") -> bool:
        """Return whether the last snapshot of the region holds what the event tells."""
        return self.regions[region].seen.has(event, region)

    def write_through(self, job: Job, job_modify_index: int, region: str = "") -> set[JobKey]:
        """Take our own accepted registration before its event comes, so reads follow writes."""
        return self._settle(self.regions[region].write_through(job, job_modify_index))

    def forget(self, key: JobKey, raft_index: int) -> set[JobKey]:
        """Drop a job and all it had."""
        return self._settle(self.regions[key.region].forget(key, raft_index))

    def exists(self, key: JobKey) -> bool:
        """Return whether Nomad has the function's job, be it reached by its name or not."""
        return key in self.regions[key.region].jobs

    def latest_index(self, region: str) -> int:
        """Return the highest index at which a job of the region is known to have been written."""
        return self.regions[region].latest_index

    def allocations(self, key: JobKey) -> Mapping[AllocID, AllocationRecord]:
        """Return a function's allocations by ID."""
        return self.regions[key.region].allocations.get(key, _NONE) if key in self.jobs else _NONE

    def deployment(self, key: JobKey) -> DeploymentRecord | None:
        """Return a job's latest deployment."""
        return self.regions[key.region].deployments.get(key)

    def find_key(self, namespace: str, job_id: str) -> JobKey | None:
        """Return the job that the name stands for, in whatever region it is."""
        keys = (JobKey(namespace, job_id, region) for region in self.regions)
        return next((key for key in keys if key in self.jobs), None)

    @property
    def is_known(self) -> bool:
        """Whether a snapshot of the own region was ever taken; others stop nothing."""
        return OWN in self.known

    @property
    def unseen_region(self) -> str | None:
        """Return a region of which nothing was ever read: an unknown name may be in it."""
        return next((region for region in self.regions if region not in self.known), None)

    @property
    def is_complete(self) -> bool:
        """Whether all regions were seen: what is not here then, is nowhere."""
        return len(self.known) == len(self.regions)

    def _settle(self, changed: set[JobKey]) -> set[JobKey]:
        """Bring `jobs` up to date; return what has changed in it, with what lost its name."""
        lost: set[JobKey] = set()
        for key in changed:
            twins = [key._replace(region=region) for region in self.regions]
            there = [twin for twin in twins if twin in self.regions[twin.region].jobs]
            for twin in twins:
                if twin in there[:1]:
                    self.jobs[twin] = self.regions[twin.region].jobs[twin]
                elif self.jobs.pop(twin, None):
                    lost.add(twin)
            lost.update(there[:1])
        return changed | lost
