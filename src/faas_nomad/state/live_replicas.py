"""The live replicas of all functions: whose each is and where it listens. Pure.

Also where replicas may listen still that Nomad knows no more: a purge takes allocations out of
its records while their tasks are ending, and it may give out their ports meanwhile.
"""

from collections.abc import Collection, Mapping

from faas_nomad.model.nomad import AllocID
from faas_nomad.state.records import AllocationRecord, JobKey

Address = tuple[str, int]
"""Host and port."""


class LiveReplicas:
    """Told of each function whenever it changes, by `settle`."""

    def __init__(self) -> None:
        self._alive: dict[JobKey, Mapping[AllocID, Address]] = {}
        self._owners: dict[AllocID, JobKey] = {}
        self.unvacated: set[Address] = set()
        """Where replicas of removed functions may listen still; see `vacate`."""

    def settle(self, key: JobKey, alive: Mapping[AllocID, Address], *, is_removed: bool) -> None:
        """Take which replicas of a function live now; `is_removed`: the others went with it."""
        before = self._alive.pop(key, {})
        for gone in before.keys() - alive.keys():
            self._owners.pop(gone, None)
            if is_removed:
                self.unvacated.add(before[gone])
        if alive:
            self._alive[key] = alive
            self._owners.update(dict.fromkeys(alive, key))

    def of(self, key: JobKey) -> Collection[AllocID]:
        """Return the function's live replicas, ready or not."""
        return self._alive.get(key, ())

    def owner(self, alloc_id: AllocID) -> JobKey | None:
        """Return the job of a live replica."""
        return self._owners.get(alloc_id)

    def owners(self, alloc_ids: Collection[AllocID]) -> set[JobKey]:
        """Return whose those of `alloc_ids` are that live."""
        return {key for one in alloc_ids if (key := self._owners.get(one)) is not None}

    def at_home(self, allocs: Collection[AllocationRecord]) -> Collection[AllocationRecord]:
        """Return those of `allocs` that nobody else can answer for."""
        if not self.unvacated:
            return allocs
        return [a for a in allocs if (a.host, a.port) not in self.unvacated]

    def vacate(self, address: Address) -> tuple[JobKey, set[AllocID]] | None:
        """Nobody else listens there any more; return who has the address now, if anybody has."""
        self.unvacated.discard(address)
        for key, alive in self._alive.items():
            here = {alloc_id for alloc_id, at in alive.items() if at == address}
            if here:
                return key, here
        return None
