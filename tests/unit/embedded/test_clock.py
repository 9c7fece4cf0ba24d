"""Go's times."""

import pytest

from faas_nomad.embedded.clock import go_time, nullable_time


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (1_795_231_046_962_117_507, "2026-11-21T03:17:26.962117507Z"),
        (1_795_231_046_900_000_000, "2026-11-21T03:17:26.9Z"),
        (1_795_231_046_000_000_000, "2026-11-21T03:17:26Z"),
    ],
)
def test_a_time_has_no_trailing_zeros(time_ns: int, text: str) -> None:
    assert go_time(time_ns) == nullable_time(time_ns) == text


def test_a_time_that_is_not_set_is_null() -> None:
    assert nullable_time(0) is None
