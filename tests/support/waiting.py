"""Waiting for a condition with a deadline, so that no test sleeps and hopes."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

T = TypeVar("T")
POLL_S = 0.05
WITHIN_S = 15.0
TURN_S = 0.005
"""Between looks at what this process does itself."""


def wait_until(probe: Callable[[], T], what: str, within_s: float) -> T:
    """Return the first true value of `probe`; fail naming `what` and the last value seen.

    Whoever cannot be reached is not there yet.
    """
    deadline_s = time.monotonic() + within_s
    while True:
        seen: object
        try:
            if value := probe():
                return value
            seen = value
        except httpx.TransportError as err:
            seen = err
        if time.monotonic() >= deadline_s:
            raise AssertionError(f"not within {within_s:g} s: {what} (last seen: {seen!r})")
        time.sleep(POLL_S)


async def until(condition: Callable[[], object], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until `condition` holds; fail naming `what` when it does not in time."""
    try:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(TURN_S)
    except TimeoutError:
        raise AssertionError(f"not within {within_s:g} s: {what}") from None
