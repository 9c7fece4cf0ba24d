from prometheus_client import CollectorRegistry, generate_latest

from faas_nomad.proxy.collector import DataPathCollector
from faas_nomad.proxy.stats import Stats


def exposed(stats: Stats) -> list[str]:
    registry = CollectorRegistry()
    registry.register(DataPathCollector(stats))
    return generate_latest(registry).decode().splitlines()


def test_troubles_are_told_by_their_kind() -> None:
    stats = Stats()
    stats.upstream_errors["refused"] += 2
    stats.retries["stale"] += 1
    stats.limits["head"] += 1
    stats.refused[400] += 1
    stats.ejections = 4
    stats.clients = 5
    stats.waiting = 6
    lines = exposed(stats)

    for line in (
        'faas_nomad_replica_errors_total{kind="refused"} 2.0',
        'faas_nomad_retries_total{cause="stale"} 1.0',
        'faas_nomad_limits_hit_total{limit="head"} 1.0',
        'faas_nomad_requests_refused_total{code="400"} 1.0',
        "faas_nomad_replica_ejections_total 4.0",
        "faas_nomad_caller_connections 5.0",
        "faas_nomad_waiting_requests 6.0",
    ):
        assert line in lines


def test_the_control_plane_is_no_function() -> None:
    stats = Stats()
    stats.control.started = stats.control.in_flight = 1
    stats.control.ended(200, 0.1)

    assert not any("function_name" in line for line in exposed(stats))
