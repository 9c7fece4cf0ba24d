"""Numbers, words and durations are read whole or refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.translate import values
from faas_nomad.translate.errors import InvalidDeploymentError

MS = 1_000_000


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [
        ("0", 0),
        ("30", 30 * values.S),
        ("30s", 30 * values.S),
        ("1m30s", 90 * values.S),
        ("1.5h", 5400 * values.S),
        (".5s", 500 * MS),
        ("1.s", values.S),
        ("250ms", 250 * MS),
        ("1us", 1000),
        ("1µs", 1000),
        ("1ns", 1),
        ("87600h", 315_360_000 * values.S),
    ],
)
def test_durations_are_gos_or_whole_seconds(text: str, expected_ns: int) -> None:
    assert values.parse_duration_ns(text) == expected_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "s",
        "5x",
        "-5s",
        "-5",
        "1 m",
        "1m ",
        "5s5",
        "١s",
        "٣",
        "1e3s",
        "87601h",
        "9" * 80,
        ".",
    ],
)
def test_what_is_no_duration_is_none(text: str) -> None:
    assert values.parse_duration_ns(text) is None


@given(st.integers(min_value=0, max_value=values.MAX_DURATION_NS))
def test_a_duration_shown_reads_back_the_same(duration_ns: int) -> None:
    assert values.parse_duration_ns(values.duration_text(duration_ns)) == duration_ns


def test_a_duration_that_is_too_short_is_refused_with_the_least() -> None:
    with pytest.raises(InvalidDeploymentError, match=r'^f: "1s" is not at least 1m$'):
        values.duration_ns("f", "1s", 60 * values.S)


def test_an_unreadable_duration_is_refused_with_examples() -> None:
    with pytest.raises(InvalidDeploymentError, match="30s or 1m30s, or seconds"):
        values.duration_ns("f", "soon")


def test_whole_numbers_stay_within_their_bounds() -> None:
    assert values.whole("f", "7", 1, 7) == 7


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", "1e3", " 1", "0x1", "x", "8", "0", "٣", "9" * 99]
)
def test_what_is_no_whole_number_within_bounds_is_refused(text: str) -> None:
    with pytest.raises(InvalidDeploymentError, match="a whole number from 1 to 7"):
        values.whole("f", text, 1, 7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("True", True), ("1", True), ("false", False), ("F", False), ("0", False)],
)
def test_truth_values_are_gos(text: str, expected: bool) -> None:
    assert values.flag("f", text) is expected


@pytest.mark.parametrize("text", ["", "yes", "on", "2", " true"])
def test_other_words_are_no_truth_values(text: str) -> None:
    with pytest.raises(InvalidDeploymentError, match="true or false"):
        values.flag("f", text)


def test_a_choice_is_one_of_its_words() -> None:
    assert values.choice("f", "a", ("a", "b")) == "a"
    with pytest.raises(InvalidDeploymentError, match="one of a, b"):
        values.choice("f", "c", ("a", "b"))


def test_words_are_split_as_in_a_shell() -> None:
    assert values.words("f", "-Da='b c' -x") == ["-Da=b c", "-x"]
    with pytest.raises(InvalidDeploymentError, match="quotes closed"):
        values.words("f", "'open")
