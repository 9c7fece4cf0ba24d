"""The text of functions' counters, read back by prometheus-client's own parser."""

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from faas_nomad.proxy.function_series import FUNCTIONS_A_PIECE, function_series
from faas_nomad.proxy.stats import MAX_CODES, Stats


def families(stats: Stats) -> dict[str, Metric]:
    text = "".join(function_series(stats))
    return {family.name: family for family in text_string_to_metric_families(text)}


def values(stats: Stats, family: str) -> dict[str, float]:
    found = families(stats)[family].samples
    return {
        " ".join((sample.name, *(f"{k}={v}" for k, v in sorted(sample.labels.items())))): (
            sample.value
        )
        for sample in found
    }


def busy_stats() -> Stats:
    stats = Stats()
    function = stats.function("f.openfaas-fn")
    function.started, function.in_flight = 3, 3
    function.ended(200, 0.03)
    function.ended(502, 20.0)
    return stats


def test_invocations_are_told_under_the_gateways_names() -> None:
    stats = busy_stats()

    assert values(stats, "gateway_function_invocation") == {
        "gateway_function_invocation_total code=200 function_name=f.openfaas-fn": 1,
        "gateway_function_invocation_total code=502 function_name=f.openfaas-fn": 1,
    }
    assert values(stats, "gateway_function_invocation_started") == {
        "gateway_function_invocation_started function_name=f.openfaas-fn": 3
    }
    assert values(stats, "faas_nomad_invocations_in_flight") == {
        "faas_nomad_invocations_in_flight function_name=f.openfaas-fn": 1
    }


def test_durations_are_a_cumulative_histogram() -> None:
    found = values(busy_stats(), "gateway_functions_seconds")
    labels = "code=200 function_name=f.openfaas-fn"

    assert found[f"gateway_functions_seconds_bucket {labels} le=0.025"] == 0
    assert found[f"gateway_functions_seconds_bucket {labels} le=0.05"] == 1
    assert found[f"gateway_functions_seconds_bucket {labels} le=+Inf"] == 1
    assert found[f"gateway_functions_seconds_count {labels}"] == 1
    assert found[f"gateway_functions_seconds_sum {labels}"] == 0.03
    slow = "code=502 function_name=f.openfaas-fn"
    assert found[f"gateway_functions_seconds_bucket {slow} le=10"] == 0
    assert found[f"gateway_functions_seconds_bucket {slow} le=+Inf"] == 1


def test_kinds_are_what_dashboards_expect() -> None:
    kinds = {name: family.type for name, family in families(busy_stats()).items()}

    assert kinds == {
        "gateway_function_invocation": "counter",
        "gateway_functions_seconds": "histogram",
        "gateway_function_invocation_started": "unknown",
        "faas_nomad_invocations_in_flight": "gauge",
    }


def test_every_function_is_told_once_in_pieces() -> None:
    stats = Stats()
    names = {f"f{n}.openfaas-fn" for n in range(2 * FUNCTIONS_A_PIECE + 1)}
    for name in names:
        stats.function(name).started = 1

    pieces = list(function_series(stats))

    found = values(stats, "gateway_function_invocation_started")
    assert found == {f"gateway_function_invocation_started function_name={n}": 1 for n in names}
    assert max(piece.count("\n") for piece in pieces) <= FUNCTIONS_A_PIECE


def test_a_name_with_quotes_cannot_break_out_of_its_label() -> None:
    stats = Stats()
    name = 'a"b\\c\nd'
    stats.function(name).started = 1

    [sample] = families(stats)["gateway_function_invocation_started"].samples

    assert sample.labels == {"function_name": name}


def test_codes_beyond_the_bound_are_one_series() -> None:
    stats = Stats()
    for code in range(200, 200 + MAX_CODES + 10):
        stats.function("f").ended(code, 0.0)

    found = values(stats, "gateway_function_invocation")

    assert len(found) == MAX_CODES + 1
    assert found["gateway_function_invocation_total code=other function_name=f"] == 10
