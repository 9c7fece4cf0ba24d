from prometheus_client import CollectorRegistry, generate_latest

from faas_nomad.api.freshness_metrics import FreshnessCollector
from faas_nomad.state.backends import BackendState
from faas_nomad.state.freshness import Freshness


def exposed(freshness: Freshness, discovery: BackendState, now_s: float) -> list[str]:
    registry = CollectorRegistry()
    registry.register(FreshnessCollector(freshness, discovery, lambda: now_s))
    return generate_latest(registry).decode().splitlines()


def test_snapshots_events_lag_and_queue_are_told() -> None:
    freshness = Freshness()
    freshness.snapshots = 2
    freshness.queues = {"": lambda: 3, "west": lambda: 4}
    freshness.events["Allocation"] = 3
    freshness.lag_buckets[2] = 3
    freshness.lag_sum_s = 0.06
    discovery = BackendState("nomad", last_seen_s=10.0)

    lines = exposed(freshness, discovery, 12.5)

    for line in (
        "faas_nomad_snapshots_total 2.0",
        'faas_nomad_events_total{topic="allocation"} 3.0',
        "faas_nomad_event_queue_batches 7.0",
        'faas_nomad_event_lag_seconds_bucket{le="0.01"} 0.0',
        'faas_nomad_event_lag_seconds_bucket{le="0.025"} 3.0',
        "faas_nomad_event_lag_seconds_count 3.0",
        "faas_nomad_event_lag_seconds_sum 0.06",
        "faas_nomad_endpoints_age_seconds 2.5",
    ):
        assert line in lines


def test_there_is_no_age_before_the_first_answer() -> None:
    lines = exposed(Freshness(), BackendState("nomad"), 12.5)

    assert not any(line.startswith("faas_nomad_endpoints_age_seconds") for line in lines)
