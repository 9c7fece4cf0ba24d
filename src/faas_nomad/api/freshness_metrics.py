"""How fresh what the provider knows is, as metrics."""

from collections.abc import Callable, Iterator
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from faas_nomad import metrics
from faas_nomad.state.backends import BackendState
from faas_nomad.state.freshness import Freshness

_BOUNDS = (*(f"{bound:g}" for bound in metrics.BUCKETS_S), "+Inf")


class FreshnessCollector(Collector):
    """Snapshots, events, their lag and queue, and the age of what is known of endpoints."""

    def __init__(
        self, freshness: Freshness, discovery: BackendState, now_s: Callable[[], float]
    ) -> None:
        self._freshness = freshness
        self._discovery = discovery
        self._now_s = now_s

    def collect(self) -> Iterator[Metric]:
        """Yield the present values; no age before the back end that tells endpoints answered."""
        found = self._freshness
        yield CounterMetricFamily(
            metrics.SNAPSHOTS, "Times everything was read anew.", value=found.snapshots
        )
        events = CounterMetricFamily(metrics.EVENTS, "Events folded in.", labels=["topic"])
        for topic, count in found.events.items():
            events.add_metric([topic.lower()], count)
        yield events
        yield GaugeMetricFamily(
            metrics.EVENT_QUEUE, "Batches of events not folded in yet.", value=found.queued()
        )
        lag = HistogramMetricFamily(
            metrics.EVENT_LAG, "Seconds from an allocation's change to its being known here."
        )
        counts = accumulate(found.lag_buckets)
        lag.add_metric([], list(zip(_BOUNDS, counts, strict=True)), found.lag_sum_s)
        yield lag
        yield self._endpoints_age()

    def _endpoints_age(self) -> Metric:
        age = GaugeMetricFamily(
            metrics.ENDPOINTS_AGE,
            "Seconds since where the replicas are was last confirmed.",
            labels=[],
        )
        if self._discovery.last_seen_s:
            age.add_metric([], self._now_s() - self._discovery.last_seen_s)
        return age
