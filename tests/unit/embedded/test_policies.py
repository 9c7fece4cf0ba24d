"""Restarting tasks and replacing allocations."""

from typing import Any

import pytest

from faas_nomad.embedded.policies import (
    RestartWindow,
    after_exit,
    allows_reschedule,
    reschedule_time_ns,
)

S = 1_000_000_000


def restart(**changes: Any) -> dict[str, Any]:
    return {"Attempts": 2, "Interval": 60 * S, "Delay": S, "Mode": "fail", **changes}


def reschedule(**changes: Any) -> dict[str, Any]:
    base = {"Unlimited": True, "Attempts": 0, "Interval": 0, "Delay": 5 * S, "MaxDelay": 60 * S}
    return {**base, "DelayFunction": "exponential", **changes}


def test_a_task_is_restarted_within_its_attempts() -> None:
    window = RestartWindow()
    delays = []
    for _ in range(3):
        again = after_exit(restart(), window, 10 * S)
        window = again.window
        delays.append(again.delay_ns)

    assert delays == [S, S, None]
    assert again.reason == 'Exceeded allowed attempts 2 in interval 60s and mode is "fail"'


def test_the_interval_starts_anew() -> None:
    worn = RestartWindow(0, 2)

    assert after_exit(restart(), worn, 59 * S).delay_ns is None
    assert after_exit(restart(), worn, 61 * S).delay_ns == S


def test_no_attempts_means_never() -> None:
    again = after_exit(restart(Attempts=0), RestartWindow(), S)

    assert (again.delay_ns, again.reason) == (None, "Policy allows no restarts")


def test_mode_delay_waits_for_the_intervals_end() -> None:
    again = after_exit(restart(Mode="delay"), RestartWindow(10 * S, 2), 30 * S)

    assert again.delay_ns == 40 * S


@pytest.mark.parametrize(
    ("function", "delays_s"),
    [
        ("constant", [5, 5, 5, 5]),
        ("exponential", [5, 10, 20, 40, 60, 60]),
        ("fibonacci", [5, 5, 10, 15, 25, 40, 60]),
    ],
)
def test_delays_grow_as_the_function_says(function: str, delays_s: list[int]) -> None:
    policy = reschedule(DelayFunction=function)

    found = [reschedule_time_ns(policy, tuple(range(n)), 100 * S) for n in range(len(delays_s))]

    assert found == [(100 + delay_s) * S for delay_s in delays_s]


def test_a_very_old_series_still_has_a_delay() -> None:
    for function in ("exponential", "fibonacci"):
        policy = reschedule(DelayFunction=function)

        assert reschedule_time_ns(policy, (0,) * 10_000, S) == 61 * S


def test_limited_attempts_end_within_the_interval() -> None:
    policy = reschedule(Unlimited=False, Attempts=1, Interval=60 * S)

    assert reschedule_time_ns(policy, (), 100 * S) == 105 * S
    assert reschedule_time_ns(policy, (90 * S,), 100 * S) is None
    assert reschedule_time_ns(policy, (10 * S,), 100 * S) == 110 * S


def test_no_attempts_allow_no_replacement() -> None:
    assert allows_reschedule(reschedule())
    assert allows_reschedule(reschedule(Unlimited=False, Attempts=1))
    assert not allows_reschedule(reschedule(Unlimited=False))
