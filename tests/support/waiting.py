"""Waiting for a condition with a deadline, so that no test sleeps and hopes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.05


def wait_until(probe: Callable[[], T], what: str, within_s: float) -> T:
    """Return the first true value of `probe`; fail naming `what` and the last value seen."""
    deadline_s = time.monotonic() + within_s
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() >= deadline_s:
            raise AssertionError(f"not within {within_s:g} s: {what} (last seen: {value!r})")
        time.sleep(POLL_S)
