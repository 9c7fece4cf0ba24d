from typing import Any

from faas_nomad.state.freshness import Freshness


def event(topic: str, **payload: Any) -> Any:
    return {"Topic": topic, "Type": "", "Key": "", "Namespace": "", "Index": 1, "Payload": payload}


def test_an_allocations_lag_is_the_time_since_its_change() -> None:
    freshness = Freshness()

    freshness.folded(event("Allocation", Allocation={"ModifyTime": 100_000_000_000}), 100.03)

    assert freshness.events == {"Allocation": 1}
    assert freshness.lag_buckets.index(1) == 3  # up to 0.05 s
    assert 0.029 < freshness.lag_sum_s < 0.031


def test_a_clock_ahead_of_ours_shows_no_negative_lag() -> None:
    freshness = Freshness()

    freshness.folded(event("Allocation", Allocation={"ModifyTime": 200_000_000_000}), 100.0)

    assert (freshness.lag_buckets[0], freshness.lag_sum_s) == (1, 0.0)


def test_events_without_a_time_are_counted_only() -> None:
    freshness = Freshness()

    freshness.folded(event("Job", Job={}), 1.0)
    freshness.folded(event("Allocation", Allocation={}), 1.0)

    assert freshness.events == {"Job": 1, "Allocation": 1}
    assert sum(freshness.lag_buckets) == 0
