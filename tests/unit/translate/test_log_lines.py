"""Bytes of outputs → lines, their times, and messages."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.translate.log_lines import (
    LineSplitter,
    history_times_ns,
    message,
    message_head,
    own_time_ns,
    without_partial_line,
)

S = 1_000_000_000
NOON_NS = 1_767_268_800 * S  # 2026-01-01T12:00:00Z
EVER = (0, 2 * NOON_NS)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=10))
def test_lines_are_the_same_however_the_bytes_are_cut(data: bytes, cuts: list[int]) -> None:
    whole = LineSplitter(1000)
    cut = LineSplitter(1000)
    edges = sorted({0, len(data), *(c for c in cuts if c < len(data))})
    found: list[bytes] = []
    for at, end in itertools.pairwise(edges):
        found += cut.take(data[at:end])

    assert found + cut.rest() == whole.take(data) + whole.rest()


@given(st.binary(max_size=100), st.integers(1, 10))
def test_no_line_is_longer_than_the_limit(data: bytes, limit: int) -> None:
    splitter = LineSplitter(limit)

    lines = splitter.take(data) + splitter.rest()

    assert all(len(line) <= limit for line in lines)
    assert b"".join(lines).replace(b"\r", b"") == data.replace(b"\n", b"").replace(b"\r", b"")


def test_both_kinds_of_line_ends_are_left_out() -> None:
    assert LineSplitter(100).take(b"a\r\nb\n\nc") == [b"a", b"b", b""]


@pytest.mark.parametrize(
    ("data", "kept"), [(b"rest\nwhole\n", b"whole\n"), (b"rest", b"rest"), (b"\nwhole", b"whole")]
)
def test_a_line_that_began_before_is_left_out(data: bytes, kept: bytes) -> None:
    assert without_partial_line(data, len(data)) == (kept if b"\n" in data else data)
    assert without_partial_line(data, len(data) + 1) == data


@pytest.mark.parametrize(
    "line",
    [
        b"2026/01/01 12:00:00 stdout: hello",
        b"2026-01-01T12:00:00Z hello",
        b"2026-01-01 12:00:00,000 hello",
        b"[2026-01-01T13:00:00.000000000+01:00] hello",
        b"2026-01-01T07:00:00-0500",
    ],
)
def test_a_lines_own_time_is_read_from_its_head(line: bytes) -> None:
    assert own_time_ns(line, *EVER) == NOON_NS


@pytest.mark.parametrize(
    "line", [b"hello", b"", b"2026-13-01 12:00:00", b"2026/01-01 12:00:00", b"12:00:00"]
)
def test_a_line_without_one_has_none(line: bytes) -> None:
    assert own_time_ns(line, *EVER) is None


def test_a_time_before_the_replica_or_after_now_is_no_lines_own() -> None:
    line = b"2026-01-01T12:00:00Z a date that the line is about"

    assert own_time_ns(line, NOON_NS + 2 * S, 2 * NOON_NS) is None
    assert own_time_ns(line, 0, NOON_NS - 2 * S) is None


def test_a_line_without_a_time_is_as_old_as_the_next_at_most() -> None:
    lines = [b"a", b"2026/01/01 12:00:05 b", b"c", b"2026/01/01 12:00:09 d", b"e"]

    times = history_times_ns(lines, NOON_NS, NOON_NS + 60 * S)

    assert [(time - NOON_NS) // S for time in times] == [5, 5, 9, 9, 60]


@given(st.lists(st.sampled_from([b"x", b"2026/01/01 12:00:05 b", b"2026/01/01 12:00:01 c"])))
def test_times_of_an_output_never_fall(lines: list[bytes]) -> None:
    times = history_times_ns(lines, NOON_NS, NOON_NS + 60 * S)

    assert times == sorted(times)
    assert len(times) == len(lines)


@given(st.binary(max_size=50))
def test_any_bytes_become_one_line_of_json(line: bytes) -> None:
    made = message(message_head('a"b', "n", "id"), "2026-01-01T12:00:00Z", line)

    assert made.count(b"\n") == 1
    assert json.loads(made) == {
        "name": 'a"b',
        "namespace": "n",
        "instance": "id",
        "timestamp": "2026-01-01T12:00:00Z",
        "text": line.decode("utf-8", "replace"),
    }
