"""All that the provider knows of functions, and what follows from it. Pure: no I/O, no clock.

Changes come in by `replace`, `apply`, `write_through`, `forget`, `mark_*` and `reconsider`; each
brings the route table up to date and tells the listeners which jobs changed.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from faas_nomad.model.nomad import Allocation, AllocID, Event, Job
from faas_nomad.state.discovery import Discovery, ProbesAlone
from faas_nomad.state.endpoints import Endpoint, Route, RoutePolicy, RouteTable
from faas_nomad.state.nearness import Nearness
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import AllocationRecord, JobKey, JobRecord
from faas_nomad.state.region_picture import Snapshot
from faas_nomad.state.serving import serving, updated
from faas_nomad.state.troubles import Troubles
from faas_nomad.translate.health import asks_for_readiness
from faas_nomad.translate.names import Names
from faas_nomad.translate.regions import OWN
from faas_nomad.translate.troubles import Trouble

Address = tuple[str, int]
"""Host and port."""
Listener = Callable[[JobKey], None]


class Functions:
    """The picture, the replicas found ready, and the routes published from both."""

    def __init__(
        self,
        picture: Picture,
        table: RouteTable,
        names: Names,
        route_policy: Callable[[JobRecord], RoutePolicy],
        discovery: Discovery | None = None,
        nearness: Nearness | None = None,
        *,
        explain: bool = False,
    ) -> None:
        self.picture = picture
        self.table = table
        self.names = names
        self._namespaces: dict[str, frozenset[str]] = {}
        self.namespaces: frozenset[str] = frozenset({names.nomad_namespace})
        """The Nomad namespaces that hold functions."""
        self.away: set[str] = set()
        """The other regions that do not answer now: nothing is decided on their functions."""
        self.listeners: list[Listener] = []
        self._route_policy = route_policy
        self._discovery = discovery or ProbesAlone()
        self.nearness = nearness or Nearness()
        self._ready: dict[JobKey, set[AllocID]] = {}
        self._owners: dict[AllocID, JobKey] = {}
        self._alive: dict[JobKey, dict[AllocID, Address]] = {}
        self.unvacated: set[Address] = set()
        """Where replicas of removed functions may listen still; see `vacate`."""
        self.troubles = Troubles(self.find)
        self.explain = explain
        """Whether callers are told why a function is not ready."""
        self._held: dict[JobKey, int] = {}
        """How often each function is held at present."""

    def replace(self, snapshot: Snapshot) -> None:
        """Take a whole snapshot; Nomad's verdict stands for the replicas that are new to us."""
        known = set(self._owners)
        changed = self.picture.replace(snapshot)
        self.table.is_known = self.picture.is_complete
        for key in changed:
            fresh = (a for a in self._allocations(key) if a.healthy and a.id not in known)
            self._ready.setdefault(key, set()).update(a.id for a in fresh)
        self._publish(changed)

    def apply(self, event: Event, region: str = "") -> None:
        """Take one event of a region's stream."""
        changed = self.picture.apply(event, region)
        self._publish(changed | self.troubles.apply(event, region))

    def learn_troubles(
        self,
        allocations: Iterable[Allocation],
        evaluations: Iterable[Mapping[str, Any]],
        region: str = "",
    ) -> None:
        """Take what Nomad was asked about functions that are not ready, besides its events."""
        changed: set[JobKey] = set()
        for alloc in allocations:
            changed |= self.troubles.take_allocation(alloc, region)
        for evaluation in evaluations:
            changed |= self.troubles.take_evaluation(evaluation, region)
        self._publish(changed)

    def write_through(self, job: Job, job_modify_index: int, region: str = "") -> None:
        """Take our own accepted registration at once."""
        self._publish(self.picture.write_through(job, job_modify_index, region))

    def forget(self, key: JobKey, raft_index: int) -> None:
        """Take our own accepted removal at once: no further request reaches the function."""
        self._publish(self.picture.forget(key, raft_index))

    def learn_nodes(self, nodes: Iterable[Mapping[str, str]]) -> None:
        """Take Nomad's nodes: which replicas are near may follow from them."""
        if self.nearness.learn(nodes):
            self._publish(set(self.picture.jobs))

    def mark_ready(self, key: JobKey, alloc_id: AllocID) -> None:
        """A probe found the replica answering."""
        self._ready.setdefault(key, set()).add(alloc_id)
        self._publish({key})

    def mark_unready(self, key: JobKey, alloc_id: AllocID) -> None:
        """A replica refused callers; it is left out until a probe finds it answering again."""
        self._ready.get(key, set()).discard(alloc_id)
        self._publish({key})

    def reconsider(self, alloc_ids: Collection[AllocID] | None) -> None:
        """Discovery has changed its mind on these replicas; None stands for all."""
        if alloc_ids is None:
            return self._publish(set(self.picture.jobs))
        owners = ((alloc_id, self._owners.get(alloc_id)) for alloc_id in alloc_ids)
        known = {alloc_id: key for alloc_id, key in owners if key is not None}
        for alloc_id, key in known.items():
            if self._has_passed(key, alloc_id):
                self._ready.setdefault(key, set()).add(alloc_id)
        self._publish(set(known.values()))

    def hold(self, key: JobKey) -> None:
        """Route no new request of the function to its replicas until `release`."""
        self._held[key] = self._held.get(key, 0) + 1
        self._publish({key})

    def release(self, key: JobKey) -> None:
        """Undo one `hold`; one too many does nothing."""
        left = self._held.pop(key, 1) - 1
        if left:
            self._held[key] = left
        self._publish({key})

    @property
    def is_known(self) -> bool:
        """Whether a snapshot of the own region was ever taken; others stop nothing."""
        return OWN in self.picture.known

    @property
    def unseen_region(self) -> str | None:
        """Return a region of which nothing was ever read: an unknown name may be in it."""
        return next((r for r in self.picture.regions if r not in self.picture.known), None)

    def learn_namespaces(self, names: frozenset[str], region: str = "") -> None:
        """Take which Nomad namespaces hold functions in a region; those of all regions count."""
        self._namespaces[region] = names
        self.namespaces = frozenset().union(*self._namespaces.values())

    def forget_namespace(self, name: str) -> None:
        """A namespace is no more, in no region."""
        self._namespaces = {r: names - {name} for r, names in self._namespaces.items()}
        self.namespaces -= {name}

    def find(self, key: JobKey) -> JobRecord | None:
        """Return the function's job, if there is such a function."""
        return self.picture.jobs.get(key)

    def function_name(self, key: JobKey) -> str:
        """Return `NAME.NAMESPACE`, the function's name in metrics."""
        namespace = self.names.openfaas_namespace(key.namespace)
        return f"{self.names.service(key.job_id)}.{namespace}"

    def key_by_name(self, function: str) -> JobKey:
        """Return the job that runs `NAME` or `NAME.NAMESPACE`, if there is such a function."""
        service, namespace = self.names.split(function)
        return self.key_of_service(service, namespace)

    def key_of_service(self, service: str, nomad_namespace: str) -> JobKey:
        """Return the job that runs `service`, in whatever region; the own one if none does."""
        job_id = self.names.job_id(service)
        found = self.picture.find_key(nomad_namespace, job_id)
        return found or JobKey(nomad_namespace, job_id)

    def in_namespace(self, nomad_namespace: str) -> list[JobRecord]:
        """Return the namespace's functions in the order of their names."""
        found = (job for job in self.picture.jobs.values() if job.key.namespace == nomad_namespace)
        return sorted(found, key=lambda job: job.key)

    def serving(self, key: JobKey) -> list[AllocationRecord]:
        """Return the replicas that get requests now."""
        job = self.picture.jobs.get(key)
        if job is None:
            return []
        ready: Collection[AllocID] = self._ready.get(key, ())
        if job.is_checked_by_consul:
            ready = [alloc_id for alloc_id in ready if self._discovery.vouches_for(alloc_id)]
        return serving(job, self._at_home(key), ready)

    def wanted(self, key: JobKey) -> int:
        """Return how many replicas the function should have; 0 when there is none."""
        job = self.picture.jobs.get(key)
        return job.count if job else 0

    def available(self, key: JobKey) -> int:
        """Return how many replicas get requests now."""
        return len(self.serving(key))

    def is_ready(self, key: JobKey) -> bool:
        """Return whether all wanted replicas get requests and run what is deployed now."""
        job = self.picture.jobs.get(key)
        if job is None or job.count == 0:
            return True
        serving = self.serving(key)
        return len(serving) >= job.count and len(updated(job, serving)) >= job.count

    def trouble(self, key: JobKey) -> Trouble | None:
        """Return why the function is not ready, if it is not and Nomad has said something."""
        found = self.troubles.find(key)
        return None if found is None or self.is_ready(key) else found

    def unprobed(self, key: JobKey) -> list[AllocationRecord]:
        """Return the live replicas not known to answer."""
        ready = self._ready.get(key, set())
        return [a for a in self._allocations(key) if a.alive and a.id not in ready]

    def alive(self, key: JobKey) -> Collection[AllocID]:
        """Return the function's live replicas, ready or not."""
        return self._alive.get(key, ())

    def key_of(self, alloc_id: AllocID) -> JobKey | None:
        """Return the job of a live replica."""
        return self._owners.get(alloc_id)

    def vacate(self, address: Address) -> None:
        """Nobody else listens there any more: who has the address now is looked at anew."""
        self.unvacated.discard(address)
        for key, alive in self._alive.items():
            fresh = {alloc_id for alloc_id, at in alive.items() if at == address}
            if fresh:
                self._ready[key] -= fresh
                return self._publish({key})

    def _at_home(self, key: JobKey) -> Iterable[AllocationRecord]:
        """Return the replicas that nobody else can answer for."""
        allocs = self._allocations(key)
        if not self.unvacated:
            return allocs
        return (a for a in allocs if (a.host, a.port) not in self.unvacated)

    def _allocations(self, key: JobKey) -> Iterable[AllocationRecord]:
        return self.picture.allocations(key).values()

    def _publish(self, changed: set[JobKey]) -> None:
        for key in changed:
            self._settle_readiness(key)
            self._settle_troubles(key)
            spellings = self.names.spellings(self.names.service(key.job_id), key.namespace)
            present = self.picture.find_key(key.namespace, key.job_id) or key
            self.table.publish(spellings, self._route(present))
            for listener in self.listeners:
                listener(key)

    def _settle_readiness(self, key: JobKey) -> None:
        """Forget what was known of replicas that are not alive any more."""
        alive = {a.id: (a.host, a.port) for a in self._allocations(key) if a.alive}
        before = self._alive.pop(key, {})
        for gone in before.keys() - alive.keys():
            self._owners.pop(gone, None)
        if not self.picture.exists(key):
            # A purge takes allocations out of Nomad's records while their tasks are ending, and
            # Nomad may give out their ports meanwhile.
            self.unvacated.update(before.values())
        ready = self._ready.pop(key, set()) & alive.keys()
        ready.update(one for one in alive.keys() - before.keys() if self._has_passed(key, one))
        if alive:
            self._alive[key], self._ready[key] = alive, ready
            self._owners.update(dict.fromkeys(alive, key))

    def _has_passed(self, key: JobKey, alloc_id: AllocID) -> bool:
        """Return whether discovery's word that it answers will do in place of a probe.

        Of a sidecar's way in it knows nothing, nor of what a function itself calls ready.
        """
        alloc, job = self.picture.allocations(key).get(alloc_id), self.picture.jobs.get(key)
        in_mesh = alloc is not None and bool(alloc.mesh_service)
        if in_mesh or (job is not None and asks_for_readiness(job.fn)):
            return False
        return self._discovery.has_passed(alloc_id)

    def _settle_troubles(self, key: JobKey) -> None:
        if key not in self.picture.jobs:
            self.troubles.forget(key)
        elif self.troubles.is_known(key) and self.is_ready(key):
            self.troubles.settle(key)

    def _why(self, key: JobKey) -> str:
        trouble = self.trouble(key) if self.explain else None
        return trouble.text if trouble else ""

    def _endpoint(self, alloc: AllocationRecord) -> Endpoint:
        is_far = self.nearness.is_far(alloc.node_id)
        return Endpoint(alloc.id, alloc.host, alloc.port, is_far, alloc.mesh_service)

    def _route(self, key: JobKey) -> Route | None:
        job = self.picture.jobs.get(key)
        if job is None:
            return None
        return Route(
            function=self.function_name(key),
            endpoints=() if key in self._held else self._endpoints(key),
            replicas=job.count,
            policy=self._route_policy(job),
            why=self._why(key),
        )

    def _endpoints(self, key: JobKey) -> tuple[Endpoint, ...]:
        return tuple(map(self._endpoint, self.serving(key)))
