"""Which functions are not ready, and why, as metrics."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from faas_nomad.metrics import FAILED_DEPLOYMENTS, FUNCTION_NOT_READY, ROLLBACKS, TROUBLES
from faas_nomad.operations.trouble_reports import TroubleReports
from faas_nomad.state.functions import Functions


class TroubleCollector(Collector):
    """A series for each function that is not ready and of which the reason is known."""

    def __init__(self, functions: Functions, reports: TroubleReports) -> None:
        self._functions = functions
        self._reports = reports

    def collect(self) -> Iterator[Metric]:
        """Yield the present values."""
        not_ready = GaugeMetricFamily(
            FUNCTION_NOT_READY, "1 while it is not ready.", labels=["function_name", "reason"]
        )
        for key in self._functions.troubles.told():
            trouble = self._functions.standing.trouble(key)
            if trouble is not None:
                not_ready.add_metric([self._functions.function_name(key), trouble.kind], 1)
        yield not_ready
        met = CounterMetricFamily(TROUBLES, "Troubles of functions.", labels=["reason"])
        for kind, count in self._reports.counts.items():
            met.add_metric([kind], count)
        yield met
        failed, back = self._reports.failed_deployments, self._reports.rollbacks
        yield CounterMetricFamily(FAILED_DEPLOYMENTS, "Deployments that failed.", value=failed)
        yield CounterMetricFamily(ROLLBACKS, "Returns to a version before.", value=back)
