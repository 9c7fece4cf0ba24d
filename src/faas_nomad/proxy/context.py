"""What all connections of one data path share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.proxy.spans import Spans
from faas_nomad.proxy.stats import Stats
from faas_nomad.proxy.trace import Tracer


class Waker(Protocol):
    """Brings a function without replicas to life; the seam for scaling from zero."""

    def wake(self, function: str) -> bool:
        """Return whether a request of `function`, of which nothing was sent, should wait.

        Called when there is no replica, or none that could be reached; the request goes on when
        the table has other replicas, and its time limit runs. Must be cheap and not block.
        """
        ...


Reads = Callable[[bytes, bytes], bytes | None]
"""Gives the JSON for a GET of a target (with the request's head), or None to have it asked for."""


def no_reads(_target: bytes, _head: bytes) -> bytes | None:
    """Leave every read to the control plane."""
    return None


@dataclass(slots=True)
class Context:
    """Settings, counters, clock and randomness.

    `limits`, `draining`, `is_closed` and `wall_offset_s` change.
    """

    limits: ProxyLimits
    stats: Stats
    now_s: Callable[[], float]
    """A monotonic clock."""
    random: Callable[[], float]
    tracer: Tracer
    endpoint_failed: Callable[[str], None]
    """Told the id of an endpoint that could not be reached; never called from within a choice."""
    waker: Waker | None = None
    reads: Reads = no_reads
    spans: Spans | None = None
    """Of invocations; None: there are none."""
    wall_offset_s: float = 0.0
    """Unix time less the monotonic clock; the sweep keeps it true."""
    draining: bool = False
    """Callers' connections close behind their next answer."""
    is_closed: bool = False
    """None are taken any more, but those that were being made: they have little time to begin."""
    waiting_bytes: int = 0
    """Held of all requests that wait at present."""
