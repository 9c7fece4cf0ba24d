"""Which live replicas are known to answer, and on whose word. Pure.

A probe of ours finds it out, or Nomad's verdict stands for it at our own start, or discovery's. Of
those that answer, `state/serving_replicas.py` says which get requests.
"""

from collections.abc import Collection

from faas_nomad.model.nomad import AllocID
from faas_nomad.state.discovery import Discovery
from faas_nomad.state.live_replicas import LiveReplicas
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import AllocationRecord, JobKey, JobRecord
from faas_nomad.translate.health import asks_for_readiness


class ReadyReplicas:
    """By function, the replicas that answered when last asked."""

    def __init__(self, picture: Picture, live: LiveReplicas, discovery: Discovery) -> None:
        self._picture = picture
        self._live = live
        self._discovery = discovery
        self._answering: dict[JobKey, set[AllocID]] = {}

    def found(self, key: JobKey, alloc_ids: Collection[AllocID]) -> None:
        """These replicas answer."""
        self._answering.setdefault(key, set()).update(alloc_ids)

    def lost(self, key: JobKey, alloc_ids: Collection[AllocID]) -> None:
        """These replicas do not answer, until a probe finds that they do."""
        self._answering.get(key, set()).difference_update(alloc_ids)

    def trust_nomad(self, key: JobKey) -> None:
        """Nomad's verdict stands for the replicas that are new to us."""
        allocs = self._picture.allocations(key).values()
        new = (a for a in allocs if a.healthy and self._live.owner(a.id) is None)
        self.found(key, [a.id for a in new])

    def trust_discovery(self, key: JobKey, alloc_ids: Collection[AllocID]) -> None:
        """Discovery's word, where it has one, stands for these replicas."""
        self.found(key, [one for one in alloc_ids if self._has_passed(key, one)])

    def settle(self, key: JobKey, new: Collection[AllocID]) -> None:
        """Forget what was known of replicas that are not alive any more; look at `new` ones."""
        alive = self._live.of(key)
        answering = self._answering.pop(key, set()).intersection(alive)
        if alive:
            self._answering[key] = answering
            self.trust_discovery(key, new)

    def answering(self, job: JobRecord) -> Collection[AllocID]:
        """Return the replicas that answer, as far as discovery vouches for them."""
        known: Collection[AllocID] = self._answering.get(job.key, ())
        if not job.is_checked_by_consul:
            return known
        return [alloc_id for alloc_id in known if self._discovery.vouches_for(alloc_id)]

    def unprobed(self, key: JobKey) -> list[AllocationRecord]:
        """Return the live replicas not known to answer."""
        known = self._answering.get(key, set())
        allocs = self._picture.allocations(key).values()
        return [a for a in allocs if a.alive and a.id not in known]

    def _has_passed(self, key: JobKey, alloc_id: AllocID) -> bool:
        """Return whether discovery's word that it answers will do in place of a probe.

        Of a sidecar's way in it knows nothing, nor of what a function itself calls ready.
        """
        alloc, job = self._picture.allocations(key).get(alloc_id), self._picture.jobs.get(key)
        in_mesh = alloc is not None and bool(alloc.mesh_service)
        if in_mesh or (job is not None and asks_for_readiness(job.fn)):
            return False
        return self._discovery.has_passed(alloc_id)
