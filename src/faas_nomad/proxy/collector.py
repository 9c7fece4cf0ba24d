"""The data path's counters as metrics: made from its plain integers when Prometheus asks."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from faas_nomad import metrics
from faas_nomad.proxy.stats import OTHER_CODE, CodeStats, Stats

_BOUNDS = (*(f"{bound:g}" for bound in metrics.BUCKETS_S), "+Inf")


class DataPathCollector(Collector):
    """Yields what `Stats` holds; series exist for functions in the table, and a while longer."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats

    def collect(self) -> Iterator[Metric]:
        """Yield the present values."""
        yield from self._invocations()
        yield from self._running()
        yield from self._connections()
        yield from self._troubles()

    def _invocations(self) -> Iterator[Metric]:
        labels = ["function_name", "code"]
        total = CounterMetricFamily(metrics.GATEWAY_INVOCATIONS, "Invocations.", labels=labels)
        seconds = HistogramMetricFamily(
            metrics.GATEWAY_INVOCATION_SECONDS, "Seconds an invocation took.", labels=labels
        )
        for name, function in self._stats.functions.items():
            for code, found in function.codes.items():
                values = [name, "other" if code == OTHER_CODE else str(code)]
                buckets = _cumulative(found)
                total.add_metric(values, buckets[-1][1])
                seconds.add_metric(values, buckets, found.sum_s)
        yield total
        yield seconds

    def _running(self) -> Iterator[Metric]:
        # The gateway's name lacks the `_total` that a counter must have.
        started = Metric(metrics.GATEWAY_INVOCATIONS_STARTED, "Invocations begun.", "unknown")
        running = GaugeMetricFamily(
            metrics.IN_FLIGHT, "Invocations not ended.", labels=["function_name"]
        )
        for name, function in self._stats.functions.items():
            labels = {"function_name": name}
            started.add_sample(metrics.GATEWAY_INVOCATIONS_STARTED, labels, function.started)
            running.add_metric([name], function.in_flight)
        yield started
        yield running
        control = self._stats.control.in_flight
        yield GaugeMetricFamily(metrics.CONTROL_IN_FLIGHT, "Other calls not ended.", value=control)

    def _connections(self) -> Iterator[Metric]:
        stats = self._stats
        yield _gauge(metrics.CALLER_CONNECTIONS, "Callers' open connections.", stats.clients)
        yield _gauge(
            metrics.REPLICA_CONNECTIONS, "Connections to replicas.", stats.upstream_connections
        )
        yield _gauge(metrics.TUNNELS, "Upgraded connections.", stats.tunnels)
        yield _count(
            metrics.CALLER_CONNECTIONS_TOTAL, "Connections of callers.", stats.clients_total
        )
        yield _count(
            metrics.REPLICA_CONNECTIONS_TOTAL,
            "Connections opened to replicas.",
            stats.upstream_connections_total,
        )

    def _troubles(self) -> Iterator[Metric]:
        stats = self._stats
        yield _counts(metrics.REPLICA_ERRORS, "What went wrong.", "kind", stats.upstream_errors)
        yield _counts(metrics.RETRIES, "Requests sent once more, by cause.", "cause", stats.retries)
        yield _counts(metrics.LIMITS, "Limits that were hit.", "limit", stats.limits)
        yield _counts(
            metrics.REFUSED,
            "Requests refused before a function was found.",
            "code",
            {str(code): count for code, count in stats.refused.items()},
        )
        yield _count(metrics.EJECTIONS, "Replicas left out after failures.", stats.ejections)


def _cumulative(found: CodeStats) -> list[tuple[str, float]]:
    return list(zip(_BOUNDS, accumulate(found.buckets), strict=True))


def _gauge(name: str, text: str, value: int) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _count(name: str, text: str, value: int) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _counts(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
