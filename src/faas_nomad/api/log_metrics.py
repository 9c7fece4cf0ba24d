"""What reading functions' logs costs, as metrics."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from faas_nomad.metrics import (
    LOG_CONNECTIONS,
    LOG_FUNCTIONS,
    LOG_LINES,
    LOG_LINES_LEFT_OUT,
    LOG_READERS,
    LOG_REFUSED,
)
from faas_nomad.operations.function_logs.reading import FunctionLogs


class LogCollector(Collector):
    """Readers, what they share, and what the bounds cost them."""

    def __init__(self, logs: FunctionLogs, connections: Callable[[], int]) -> None:
        self._logs = logs
        self._connections = connections

    def collect(self) -> Iterator[Metric]:
        """Yield the present values."""
        logs, stats = self._logs, self._logs.stats
        yield GaugeMetricFamily(LOG_READERS, "Readers of functions' logs.", value=stats.readers)
        read = logs.functions_read
        yield GaugeMetricFamily(LOG_FUNCTIONS, "Functions whose logs are read.", value=read)
        connections = self._connections()
        yield GaugeMetricFamily(LOG_CONNECTIONS, "Connections for logs.", value=connections)
        yield CounterMetricFamily(LOG_LINES, "Lines of logs read from Nomad.", value=stats.lines)
        yield CounterMetricFamily(
            LOG_LINES_LEFT_OUT, "Lines that slow readers missed.", value=stats.lines_left_out
        )
        yield CounterMetricFamily(LOG_REFUSED, "Readers refused by a bound.", value=stats.refused)
