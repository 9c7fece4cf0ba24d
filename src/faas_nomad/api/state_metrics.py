"""What the provider knows, as metrics: read from memory when Prometheus asks."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from faas_nomad.metrics import (
    AVAILABLE_REPLICAS,
    BACKEND_AGE,
    BACKEND_FAILURES,
    BACKEND_TOKEN_LEFT,
    BACKEND_UP,
    FUNCTIONS,
    GATEWAY_SERVICE_COUNT,
    PROBING_REPLICAS,
)
from faas_nomad.state.backends import Backends
from faas_nomad.state.functions import Functions


class StateCollector(Collector):
    """Functions, their replicas, and how the back ends stand."""

    def __init__(
        self,
        functions: Functions,
        backends: Backends,
        probing: Callable[[], int],
        now_s: Callable[[], float],
    ) -> None:
        self._functions = functions
        self._backends = backends
        self._probing = probing
        self._now_s = now_s

    def collect(self) -> Iterator[Metric]:
        """Yield the present values; series exist for present functions only."""
        yield from self._replicas()
        jobs = self._functions.picture.jobs
        yield GaugeMetricFamily(FUNCTIONS, "Functions known.", value=len(jobs))
        probing = self._probing()
        yield GaugeMetricFamily(PROBING_REPLICAS, "Replicas not ready yet.", value=probing)
        yield from self._backend_states()

    def _replicas(self) -> Iterator[Metric]:
        labels = ["function_name"]
        wanted = GaugeMetricFamily(GATEWAY_SERVICE_COUNT, "Replicas wanted.", labels=labels)
        able = GaugeMetricFamily(AVAILABLE_REPLICAS, "Replicas that get requests.", labels=labels)
        for key, job in self._functions.picture.jobs.items():
            name = self._functions.function_name(key)
            wanted.add_metric([name], job.count)
            able.add_metric([name], len(self._functions.serving(key)))
        yield wanted
        yield able

    def _backend_states(self) -> Iterator[Metric]:
        labels = ["backend"]
        up = GaugeMetricFamily(BACKEND_UP, "1 while the back end answers.", labels=labels)
        age = GaugeMetricFamily(BACKEND_AGE, "Seconds since it last answered.", labels=labels)
        failures = CounterMetricFamily(BACKEND_FAILURES, "Times it was lost.", labels=labels)
        left = GaugeMetricFamily(BACKEND_TOKEN_LEFT, "Seconds its token lasts.", labels=labels)
        for state in self._backends.by_name.values():
            if state.token_ends_s is not None:
                left.add_metric([state.name], max(0.0, state.token_ends_s - self._now_s()))
            up.add_metric([state.name], int(state.connected))
            age.add_metric([state.name], self._now_s() - state.last_seen_s)
            failures.add_metric([state.name], state.failures)
        yield from (up, age, failures, left)
