from prometheus_client import CollectorRegistry, generate_latest

from faas_nomad.proxy.collector import DataPathCollector
from faas_nomad.proxy.stats import Stats


def exposed(stats: Stats) -> list[str]:
    registry = CollectorRegistry()
    registry.register(DataPathCollector(stats))
    return generate_latest(registry).decode().splitlines()


def test_invocations_are_told_under_the_gateways_names() -> None:
    stats = Stats()
    function = stats.function("f.openfaas-fn")
    function.started, function.in_flight = 3, 3
    function.ended(200, 0.03)
    function.ended(502, 20.0)
    lines = exposed(stats)

    labels = 'code="200",function_name="f.openfaas-fn"'
    for line in (
        f"gateway_function_invocation_total{{{labels}}} 1.0",
        f'gateway_functions_seconds_bucket{{{labels},le="0.025"}} 0.0',
        f'gateway_functions_seconds_bucket{{{labels},le="0.05"}} 1.0',
        f'gateway_functions_seconds_bucket{{{labels},le="+Inf"}} 1.0',
        f"gateway_functions_seconds_count{{{labels}}} 1.0",
        f"gateway_functions_seconds_sum{{{labels}}} 0.03",
        'gateway_function_invocation_total{code="502",function_name="f.openfaas-fn"} 1.0',
        'gateway_function_invocation_started{function_name="f.openfaas-fn"} 3.0',
        'faas_nomad_invocations_in_flight{function_name="f.openfaas-fn"} 1.0',
    ):
        assert line in lines


def test_troubles_are_told_by_their_kind() -> None:
    stats = Stats()
    stats.upstream_errors["refused"] += 2
    stats.retries["stale"] += 1
    stats.limits["head"] += 1
    stats.refused[400] += 1
    stats.ejections = 4
    stats.clients = 5
    lines = exposed(stats)

    for line in (
        'faas_nomad_replica_errors_total{kind="refused"} 2.0',
        'faas_nomad_retries_total{cause="stale"} 1.0',
        'faas_nomad_limits_hit_total{limit="head"} 1.0',
        'faas_nomad_requests_refused_total{code="400"} 1.0',
        "faas_nomad_replica_ejections_total 4.0",
        "faas_nomad_caller_connections 5.0",
    ):
        assert line in lines


def test_the_control_plane_is_no_function() -> None:
    stats = Stats()
    stats.control.started = stats.control.in_flight = 1
    stats.control.ended(200, 0.1)

    assert not any("function_name" in line for line in exposed(stats))
