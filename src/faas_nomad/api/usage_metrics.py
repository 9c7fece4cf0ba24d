"""What functions use, as metrics."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from faas_nomad.metrics import (
    FUNCTION_CPU,
    FUNCTION_MEMORY,
    USAGE_AGE,
    USAGE_FAILURES,
    family_head,
    label_value,
)
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey
from faas_nomad.state.usage import UsageTable
from faas_nomad.translate.usage import Usage

FUNCTIONS_A_PIECE = 50
UsageOf = Callable[[JobKey], Usage | None]


def usage_series(functions: Functions, usage_of: UsageOf) -> Iterator[str]:
    """Yield the two families as text, in pieces; see `exposition`."""
    yield family_head(FUNCTION_CPU, "gauge", "Processor time of all replicas, 1000 is one core.")
    yield from _pieces(functions, usage_of, lambda used: f"{used.cpu_millicores:.1f}", FUNCTION_CPU)
    yield family_head(FUNCTION_MEMORY, "gauge", "Memory of all replicas.")
    yield from _pieces(functions, usage_of, lambda used: str(used.memory_bytes), FUNCTION_MEMORY)


def _pieces(
    functions: Functions, usage_of: UsageOf, show: Callable[[Usage], str], name: str
) -> Iterator[str]:
    keys = list(functions.picture.jobs)
    for at in range(0, len(keys), FUNCTIONS_A_PIECE):
        found = ((key, usage_of(key)) for key in keys[at : at + FUNCTIONS_A_PIECE])
        yield "".join(
            f'{name}{{function_name="{label_value(functions.function_name(key))}"}} {show(used)}\n'
            for key, used in found
            if used is not None
        )


class UsageCollector(Collector):
    """How well the reading of usage goes."""

    def __init__(self, table: UsageTable, now_s: Callable[[], float]) -> None:
        self._table = table
        self._now_s = now_s

    def collect(self) -> Iterator[Metric]:
        """Yield the present values."""
        age_s = self._table.oldest_s(self._now_s())
        yield GaugeMetricFamily(USAGE_AGE, "Age of the oldest figure of a replica.", value=age_s)
        failures = self._table.failures
        yield CounterMetricFamily(USAGE_FAILURES, "Reads that gave no figure.", value=failures)
