"""The workers themselves as metrics; their counters are `proxy.collector`'s."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from faas_nomad import metrics
from faas_nomad.workers.pool import WorkerPool


class WorkersCollector(Collector):
    """Yields how many workers listen and how many were replaced."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def collect(self) -> Iterator[Metric]:
        """Yield the present values."""
        yield GaugeMetricFamily(
            metrics.WORKERS, "Workers that take callers.", value=self._pool.hub.listening
        )
        yield CounterMetricFamily(
            metrics.WORKER_RESTARTS,
            "Workers that ended and were replaced.",
            value=self._pool.supervisor.restarts,
        )
