"""Two never hold the lease at once, whatever their clocks say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.state.lease_clock import BEAT_S, HOLD_S, TAKE_AFTER_S, LeaseClock


def test_nobody_s_lease_may_be_taken_once_it_was_looked_at() -> None:
    clock = LeaseClock("a")
    assert not clock.may_write(0)

    clock.saw("", 0, 0)
    assert clock.may_write(0)
    clock.wrote(5, 0)
    assert clock.is_held(HOLD_S - 0.1)
    assert not clock.is_held(HOLD_S)


def test_another_s_lease_may_be_taken_when_it_did_not_change_for_long() -> None:
    clock = LeaseClock("a")
    clock.saw("b", 5, 100)
    clock.saw("b", 5, 100 + TAKE_AFTER_S - 0.1)
    assert not clock.may_write(100 + TAKE_AFTER_S - 0.1)

    clock.saw("b", 5, 100 + TAKE_AFTER_S)
    assert clock.may_write(100 + TAKE_AFTER_S)


def test_every_change_begins_the_wait_anew() -> None:
    clock = LeaseClock("a")
    for index in range(20):
        clock.saw("b", index, index * TAKE_AFTER_S * 0.9)
        assert not clock.may_write(index * TAKE_AFTER_S * 0.9)


def test_who_sees_another_holder_holds_it_no_more() -> None:
    clock = LeaseClock("a")
    clock.wrote(5, 0)
    clock.saw("b", 6, 1)

    assert not clock.is_held(1)
    assert not clock.may_write(1)


def test_it_is_taken_over_within_15_seconds() -> None:
    """The holder dies right after a change, which the other sees a beat later at the latest."""
    assert BEAT_S + TAKE_AFTER_S + BEAT_S < 15


@pytest.mark.parametrize("late_s", [0.0, 1.0, 3.0])
def test_a_slow_answer_shortens_what_is_held(late_s: float) -> None:
    clock = LeaseClock("a")
    clock.wrote(5, sent_s=10)

    assert clock.is_held(10 + late_s)
    assert not clock.is_held(10 + HOLD_S)


@given(
    offset_s=st.floats(-1e6, 1e6),
    sent_s=st.floats(0, 100),
    on_the_way_s=st.floats(0, 3),
    seen_after_s=st.floats(0, 60),
)
def test_the_next_holder_begins_after_the_last_one_has_stopped(
    offset_s: float, sent_s: float, on_the_way_s: float, seen_after_s: float
) -> None:
    """`offset_s` lies between the two clocks; everything else is in true time."""
    holder, other = LeaseClock("a"), LeaseClock("b")
    holder.wrote(5, sent_s)
    seen_s = sent_s + on_the_way_s + seen_after_s
    other.saw("a", 5, seen_s + offset_s)

    taken_s = seen_s + TAKE_AFTER_S
    other.saw("a", 5, taken_s + offset_s)
    if other.may_write(taken_s + offset_s):
        assert not holder.is_held(taken_s)
