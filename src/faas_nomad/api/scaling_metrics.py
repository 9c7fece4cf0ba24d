"""What changes counts, as metrics."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from faas_nomad import metrics

CHANGERS = ("api", "alert", "invocation", "idle", "autoscaler")


class ScalingCollector(Collector):
    """Changes of counts by who made them, and whether this instance decides."""

    def __init__(self, changes: Mapping[str, int], decides: Callable[[], bool]) -> None:
        self._changes = changes
        self._decides = decides

    def collect(self) -> Iterator[Metric]:
        """Yield the present values."""
        made = CounterMetricFamily(
            metrics.COUNT_CHANGES, "Counts that this instance changed.", labels=["by"]
        )
        for by in CHANGERS:
            made.add_metric([by], self._changes.get(by, 0))
        yield made
        decides = int(self._decides())
        yield GaugeMetricFamily(metrics.DECIDES, "1 while it decides on scaling.", value=decides)
