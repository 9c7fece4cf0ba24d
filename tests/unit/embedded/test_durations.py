"""Go's durations."""

import pytest

from faas_nomad.embedded.durations import go_duration, parse_duration_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5s", 5), ("300ms", 0.3), ("1h30m", 5400), ("1.5m", 90), ("0s", 0), ("10us", 1e-5)],
)
def test_a_duration(text: str, seconds: float) -> None:
    assert parse_duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "5 s", "-5s", "5s5", 5, None])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="invalid duration"):
        parse_duration_s(text)


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1_500, "1.5µs"),
        (500_000_000, "500ms"),
        (1_000_000_000, "1s"),
        (90_000_000_000, "1m30s"),
        (3_600_500_000_000, "1h0m0.5s"),
    ],
)
def test_a_duration_is_printed_as_go_does(duration_ns: int, text: str) -> None:
    assert go_duration(duration_ns) == text
