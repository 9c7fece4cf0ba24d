"""Which live replicas are known to answer, and on whose word. Pure.

A probe of ours finds it out, or Nomad's verdict stands for it at our own start. Discovery's word
alone does not: whoever had the port before may have passed its check. Of those that answer,
`state/serving_replicas.py` says which get requests.
"""

from collections.abc import Collection

from faas_nomad.model.nomad import AllocID
from faas_nomad.state.discovery import Discovery
from faas_nomad.state.live_replicas import LiveReplicas
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import AllocationRecord, JobKey, JobRecord


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

    def settle(self, key: JobKey) -> None:
        """Forget what was known of replicas that are not alive any more."""
        alive = self._live.of(key)
        answering = self._answering.pop(key, set()).intersection(alive)
        if alive:
            self._answering[key] = answering

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
