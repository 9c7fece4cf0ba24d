"""How a function stands now: which replicas get requests, whether that is enough, why not. Pure."""

from faas_nomad.state.live_replicas import LiveReplicas
from faas_nomad.state.picture import Picture
from faas_nomad.state.ready_replicas import ReadyReplicas
from faas_nomad.state.records import AllocationRecord, JobKey
from faas_nomad.state.serving_replicas import serving, updated
from faas_nomad.state.troubles import Troubles
from faas_nomad.translate.troubles import Trouble, given_up, is_rollback


class Standing:
    """Keeps nothing: every answer follows from the picture, the replicas and troubles."""

    def __init__(
        self, picture: Picture, live: LiveReplicas, ready: ReadyReplicas, troubles: Troubles
    ) -> None:
        self._picture = picture
        self._live = live
        self._ready = ready
        self._troubles = troubles

    def serving(self, key: JobKey) -> list[AllocationRecord]:
        """Return the replicas that get requests now."""
        job = self._picture.jobs.get(key)
        if job is None:
            return []
        at_home = self._live.at_home(self._picture.allocations(key).values())
        return serving(job, at_home, self._ready.answering(job))

    def wanted(self, key: JobKey) -> int:
        """Return how many replicas the function should have; 0 when there is none."""
        job = self._picture.jobs.get(key)
        return job.count if job else 0

    def available(self, key: JobKey) -> int:
        """Return how many replicas get requests now."""
        return len(self.serving(key))

    def is_ready(self, key: JobKey) -> bool:
        """Return whether all wanted replicas get requests and run what is deployed now."""
        job = self._picture.jobs.get(key)
        if job is None or job.count == 0:
            return True
        serving = self.serving(key)
        return len(serving) >= job.count and len(updated(job, serving)) >= job.count

    def trouble(self, key: JobKey) -> Trouble | None:
        """Return why the function is not ready, if it is not and Nomad has said something."""
        found = self._troubles.find(key)
        if found is None or self.is_ready(key):
            return None
        return given_up(found) if self._is_given_up(key) else found

    def _is_given_up(self, key: JobKey) -> bool:
        """Return whether its deployment failed for good: Nomad replaces none of its replicas."""
        job, latest = self._picture.jobs.get(key), self._picture.deployment(key)
        if job is None or latest is None or latest.job_version not in job.current_versions:
            return False
        return latest.status == "failed" and not is_rollback(latest.description)
