"""All that the provider knows of functions, and every way in which it changes. Pure: no clock.

Each change here brings the parts up to date that it touches, then the route table, and then tells
the listeners which jobs changed. What can be asked of functions is asked of the part that knows:
`picture`, `directory`, `namespaces`, `live_replicas`, `ready_replicas`, `standing`, `troubles`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from faas_nomad.model.nomad import Allocation, AllocID, Event, Job
from faas_nomad.state.directory import Directory
from faas_nomad.state.discovery import Discovery, ProbesAlone
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.live_replicas import Address, LiveReplicas
from faas_nomad.state.namespaces import KnownNamespaces
from faas_nomad.state.nearness import Nearness
from faas_nomad.state.picture import Picture
from faas_nomad.state.publication import Publication
from faas_nomad.state.ready_replicas import ReadyReplicas
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.state.region.picture import tells_removal
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.state.standing import Standing
from faas_nomad.state.troubles import Troubles
from faas_nomad.translate.names import Names

Listener = Callable[[JobKey], None]


class Functions:
    """Puts the parts together and keeps them in step."""

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
        self.nearness = nearness or Nearness()
        self.namespaces = KnownNamespaces(names.nomad_namespace)
        self.directory = Directory(picture, names)
        self.live_replicas = LiveReplicas()
        self.ready_replicas = ReadyReplicas(picture, self.live_replicas, discovery or ProbesAlone())
        self.troubles = Troubles(self.find)
        self.standing = Standing(picture, self.live_replicas, self.ready_replicas, self.troubles)
        self.publication = Publication(
            table, self.directory, self.standing, self.nearness, route_policy, explain=explain
        )
        self.away: set[str] = set()
        """The other regions that do not answer now: nothing is decided on their functions."""
        self.listeners: list[Listener] = []

    def find(self, key: JobKey) -> JobRecord | None:
        """Return the function's job, if there is such a function."""
        return self.directory.find(key)

    def function_name(self, key: JobKey) -> str:
        """Return `NAME.NAMESPACE`, the function's name in metrics."""
        return self.directory.function_name(key)

    def replace(self, snapshot: Snapshot) -> None:
        """Take a whole snapshot; Nomad's verdict stands for the replicas that are new to us."""
        changed = self.picture.replace(snapshot)
        self.table.is_known = self.picture.is_complete
        for key in changed:
            self.ready_replicas.trust_nomad(key)
        self._publish(changed)

    def apply(self, event: Event, region: str = "") -> None:
        """Take one event of a region's stream."""
        changed = self.picture.apply(event, region) | self.troubles.apply(event, region)
        self._publish(changed, is_removal=tells_removal(event))

    def learn_troubles(
        self,
        allocations: Iterable[Allocation],
        evaluations: Iterable[Mapping[str, Any]],
        region: str = "",
    ) -> None:
        """Take what Nomad was asked about functions that are not ready, besides its events."""
        self._publish(self.troubles.take_answers(allocations, evaluations, region))

    def write_through(self, job: Job, job_modify_index: int, region: str = "") -> None:
        """Take our own accepted registration at once."""
        self._publish(self.picture.write_through(job, job_modify_index, region))

    def forget(self, key: JobKey, raft_index: int) -> None:
        """Take our own accepted removal at once: no further request reaches the function."""
        self._publish(self.picture.forget(key, raft_index), is_removal=True)

    def learn_nodes(self, nodes: Iterable[Mapping[str, str]]) -> None:
        """Take Nomad's nodes: which replicas are near may follow from them."""
        if self.nearness.learn(nodes):
            self._publish(self.picture.jobs)

    def mark_ready(self, key: JobKey, alloc_id: AllocID) -> None:
        """A probe found the replica answering."""
        self.ready_replicas.found(key, [alloc_id])
        self._publish([key])

    def mark_unready(self, key: JobKey, alloc_id: AllocID) -> None:
        """A replica refused callers; it is left out until a probe finds it answering again."""
        self.ready_replicas.lost(key, [alloc_id])
        self._publish([key])

    def reconsider(self, alloc_ids: Collection[AllocID] | None) -> None:
        """Discovery has changed its mind on these replicas; None stands for all."""
        if alloc_ids is None:
            return self._publish(self.picture.jobs)
        self._publish(self.live_replicas.owners(alloc_ids))

    def vacate(self, address: Address) -> None:
        """Nobody else listens there any more: who has the address now is looked at anew."""
        at_home = self.live_replicas.vacate(address)
        if at_home is not None:
            self.ready_replicas.lost(*at_home)
            self._publish([at_home[0]])

    def hold(self, key: JobKey) -> None:
        """Route no new request of the function to its replicas until `release`."""
        self.publication.hold(key)
        self._publish([key])

    def release(self, key: JobKey) -> None:
        """Undo one `hold`; one too many does nothing."""
        self.publication.release(key)
        self._publish([key])

    def _publish(self, changed: Iterable[JobKey], *, is_removal: bool = False) -> None:
        """Tell of what `changed`; after a removal there may be another of the name already."""
        for key in list(changed):
            self._settle(key, is_removed=is_removal or not self.picture.exists(key))
            self.publication.publish(key)
            for listener in self.listeners:
                listener(key)

    def _settle(self, key: JobKey, *, is_removed: bool) -> None:
        """Bring what is remembered of the function in step with the picture."""
        allocs = self.picture.allocations(key).values()
        alive = {a.id: (a.host, a.port) for a in allocs if a.alive}
        self.live_replicas.settle(key, alive, is_removed=is_removed)
        self.ready_replicas.settle(key)
        if key not in self.picture.jobs:
            self.troubles.forget(key)
        elif self.troubles.is_known(key) and self.standing.is_ready(key):
            self.troubles.settle(key)
