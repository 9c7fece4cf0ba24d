"""The data path's counters as metrics: made from its plain integers when Prometheus asks."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from faas_nomad import metrics
from faas_nomad.proxy.stats import Stats


class DataPathCollector(Collector):
    """Yields what `Stats` holds beside the functions, which are `function_series`'."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats

    def collect(self) -> Iterator[Metric]:
        """Yield the present values."""
        yield from self._running()
        yield from self._connections()
        yield from self._troubles()

    def _running(self) -> Iterator[Metric]:
        stats = self._stats
        yield _gauge(metrics.CONTROL_IN_FLIGHT, "Other calls not ended.", stats.control.in_flight)
        yield _gauge(
            metrics.WAITING, "Requests that wait for a connection or a replica.", stats.waiting
        )

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
        yield _counts(metrics.SPANS, "Spans by what became of them.", "state", stats.spans)
        yield _count(metrics.EJECTIONS, "Replicas left out after failures.", stats.ejections)


def _gauge(name: str, text: str, value: int) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _count(name: str, text: str, value: int) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _counts(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
