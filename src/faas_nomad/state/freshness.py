"""How fresh the picture is that Nomad's event stream keeps. Pure: times are passed in."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable

from faas_nomad.metrics import BUCKETS_S
from faas_nomad.model.nomad import Event

NS_PER_S = 1_000_000_000


class Freshness:
    """Counts what was folded in, and how late; the sync task writes, the metrics read."""

    def __init__(self) -> None:
        self.snapshots = 0
        self.events: Counter[str] = Counter()
        """By topic."""
        self.lag_buckets = [0] * (len(BUCKETS_S) + 1)
        """Allocation events by how late they were folded in; not cumulative."""
        self.lag_sum_s = 0.0
        self.queues: dict[str, Callable[[], int]] = {}
        """By region, how many batches of events were read and not yet folded in."""

    def queued(self) -> int:
        """Return how many batches of events were read and not yet folded in."""
        return sum(queue() for queue in self.queues.values())

    def folded(self, event: Event, unix_s: float) -> None:
        """Count an event that was folded in at `unix_s`.

        Only allocations carry the time of their change (`ModifyTime`), by the clock of Nomad's
        leader: a clock that is behind ours shows as lag, one that is ahead as none.
        """
        self.events[event["Topic"]] += 1
        changed_ns = (event["Payload"].get("Allocation") or {}).get("ModifyTime")
        if changed_ns:
            lag_s = max(0.0, unix_s - changed_ns / NS_PER_S)
            self.lag_buckets[bisect_left(BUCKETS_S, lag_s)] += 1
            self.lag_sum_s += lag_s
