"""When which job has to be looked at again. Pure."""

import heapq

from faas_nomad.embedded.records import JobKey


class Deadlines:
    """Times with the jobs they concern; an entry for a job that moved on does no harm."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, JobKey]] = []
        self._held: set[tuple[int, JobKey]] = set()

    def add(self, time_ns: int, key: JobKey) -> None:
        """Have the job looked at when `time_ns` has come."""
        entry = (time_ns, key)
        if entry not in self._held:
            self._held.add(entry)
            heapq.heappush(self._heap, entry)

    def next_ns(self) -> int | None:
        """Return the earliest time held."""
        return self._heap[0][0] if self._heap else None

    def take_due(self, now_ns: int) -> set[JobKey]:
        """Remove and return the jobs whose time has come."""
        due = set()
        while self._heap and self._heap[0][0] <= now_ns:
            entry = heapq.heappop(self._heap)
            self._held.discard(entry)
            due.add(entry[1])
        return due
