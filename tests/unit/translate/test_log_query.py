"""The query of `/system/logs`."""

import pytest

from faas_nomad.translate.log_query import (
    DEFAULT_WINDOW_NS,
    InvalidLogQueryError,
    LogQuery,
    log_query,
)

NOON_NS = 1_767_268_800_000_000_000  # 2026-01-01T12:00:00Z


def test_nothing_but_a_name_asks_for_the_last_minutes() -> None:
    query = log_query({"name": "figlet"})

    assert query == LogQuery("figlet")
    assert query.earliest_ns(NOON_NS) == NOON_NS - DEFAULT_WINDOW_NS


def test_a_tail_asks_for_lines_of_any_age() -> None:
    query = log_query({"name": "figlet", "tail": "10"})

    assert (query.tail, query.earliest_ns(NOON_NS)) == (10, 0)


@pytest.mark.parametrize("tail", ["0", "-1", ""])
def test_a_tail_of_nothing_is_none(tail: str) -> None:
    assert log_query({"name": "figlet", "tail": tail}).tail is None


@pytest.mark.parametrize(
    "since",
    [
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:00:00",
        "2026-01-01 12:00:00",
        "2026-01-01T13:00:00+01:00",
        "2026-01-01T13:00:00 01:00",
        "2026-01-01T07:00:00-0500",
        "2026-01-01t12:00:00z",
    ],
)
def test_a_time_is_read_as_clients_write_it(since: str) -> None:
    assert log_query({"name": "figlet", "since": since}).since_ns == NOON_NS


def test_parts_of_a_second_are_kept_and_lines_of_the_whole_second_sent() -> None:
    query = log_query({"name": "figlet", "since": "2026-01-01T12:00:00.5000001Z"})

    assert query.since_ns == NOON_NS + 500_000_100
    assert query.earliest_ns(0) == NOON_NS


@pytest.mark.parametrize(
    ("text", "follow"),
    [("true", True), ("1", True), ("T", True), ("false", False), ("yes", False), ("", False)],
)
def test_follow_is_gos_truth_and_all_else_false(text: str, follow: bool) -> None:
    assert log_query({"name": "figlet", "follow": text}).follow is follow


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("tail", "ten", "a whole number of lines"),
        ("tail", "1.5", "a whole number of lines"),
        ("tail", str(2**63), "a whole number of lines"),
        ("since", "5m", "a time such as 2026-01-31T12:00:00Z"),
        ("since", "2026-13-01T00:00:00Z", "a time such as 2026-01-31T12:00:00Z"),
        ("since", "0001-01-01T00:00:00+23:59", "a time such as 2026-01-31T12:00:00Z"),
        ("instance", "a/../b", "an allocation's ID or the beginning of one"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(name: str, text: str, expected: str) -> None:
    with pytest.raises(InvalidLogQueryError) as refused:
        log_query({"name": "figlet", name: text})

    assert str(refused.value) == (
        f"could not parse the log request: {name}: {text!r} is not {expected}"
    )


def test_a_name_is_needed() -> None:
    with pytest.raises(InvalidLogQueryError, match="name: empty"):
        log_query({})


def test_a_refusal_is_one_short_printable_line() -> None:
    with pytest.raises(InvalidLogQueryError) as refused:
        log_query({"name": "figlet", "tail": "a\n\x1b[31m" + "b" * 1000})

    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 200
