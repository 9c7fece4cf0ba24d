"""The removals that Nomad's answers may be older than. Pure."""

from faas_nomad.state.records import JobKey


class Tombstones:
    """The index of each removal, until a snapshot has seen it: an older answer revives nothing.

    Nor does an older event give a removed function's replica to the next one of its name.
    """

    def __init__(self) -> None:
        self._indexes: dict[JobKey, int] = {}

    def bury(self, key: JobKey, raft_index: int) -> None:
        """The job was removed at `raft_index`; of several removals the last one counts."""
        self._indexes[key] = max(raft_index, self._indexes.get(key, 0))

    def covers(self, key: JobKey, raft_index: int) -> bool:
        """Return whether what was told at `raft_index` is of a job that was removed since."""
        return raft_index <= self._indexes.get(key, 0)

    def after(self, raft_index: int) -> "Tombstones":
        """Return those that a snapshot of `raft_index` has not seen."""
        left = Tombstones()
        left._indexes = {key: at for key, at in self._indexes.items() if at > raft_index}
        return left

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._indexes)
