"""What the provider knows, as metrics: read from memory when Prometheus asks."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import faas_nomad
from faas_nomad.metrics import (
    AVAILABLE_REPLICAS,
    BACKEND_AGE,
    BACKEND_CALLS,
    BACKEND_FAILURES,
    BACKEND_TOKEN_LEFT,
    BACKEND_UP,
    BUILD_INFO,
    FUNCTIONS,
    GATEWAY_SERVICE_COUNT,
    PROBING_REPLICAS,
    family_head,
    label_value,
)
from faas_nomad.state.backends import Backends
from faas_nomad.state.functions import Functions

_FUNCTIONS_A_PIECE = 50


def replica_series(functions: Functions) -> Iterator[str]:
    """Yield the replicas of every present function as text, in pieces; see `exposition`."""
    found = [
        (f'{{function_name="{label_value(functions.function_name(key))}"}}', key)
        for key in functions.picture.jobs
    ]
    for name, about, count in (
        (GATEWAY_SERVICE_COUNT, "Replicas wanted.", functions.standing.wanted),
        (AVAILABLE_REPLICAS, "Replicas that get requests.", functions.standing.available),
    ):
        yield family_head(name, "gauge", about)
        for at in range(0, len(found), _FUNCTIONS_A_PIECE):
            piece = found[at : at + _FUNCTIONS_A_PIECE]
            yield "".join(f"{name}{label} {count(key)}\n" for label, key in piece)


class StateCollector(Collector):
    """What this is, how many functions there are, and how the back ends stand."""

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
        """Yield the present values."""
        build = {"version": faas_nomad.__version__, "commit": faas_nomad.__commit__}
        info = GaugeMetricFamily(BUILD_INFO, "What runs here; always 1.", labels=list(build))
        info.add_metric(list(build.values()), 1)
        yield info
        jobs = self._functions.picture.jobs
        yield GaugeMetricFamily(FUNCTIONS, "Functions known.", value=len(jobs))
        probing = self._probing()
        yield GaugeMetricFamily(PROBING_REPLICAS, "Replicas not ready yet.", value=probing)
        yield from self._backend_states()
        yield self._backend_calls()

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

    def _backend_calls(self) -> Metric:
        calls = CounterMetricFamily(
            BACKEND_CALLS, "Calls to back ends by outcome.", labels=["backend", "outcome"]
        )
        for (name, outcome), count in self._backends.calls.items():
            calls.add_metric([name, outcome], count)
        return calls
