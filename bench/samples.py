"""What one run of a scenario found, and what several runs come to. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from bench.scenarios import Mode


@dataclass(frozen=True)
class Sample:
    """One run of one scenario against one contender; 0 where a scenario has no such figure."""

    requests_s: float
    """Requests or, where answers are streams of events, events in a second."""
    cpu_us: float
    """The proxy's processor time for each of them."""
    p50_ms: float
    p99_ms: float
    """Of requests: until the answer is whole; of events: how late they come."""
    rss_mb: float
    """The proxy's resident memory at its highest; with slow readers what each of them adds."""
    errors: int
    foreign: float
    """Load of everything else on the machine, in cores."""


class Row(NamedTuple):
    """What samples belong to."""

    mode: Mode
    scenario: str
    contender: str


Measured = Mapping[Row, Sequence[Sample]]


def figure(samples: Measured, row: Row, name: str) -> float | None:
    """Return the median of the figure `name` over the rounds; None where nothing was measured."""
    found = samples.get(row)
    return median(getattr(sample, name) for sample in found) if found else None


def ratio(samples: Measured, row: Row, peer: str, name: str) -> float | None:
    """Return the median of `row` as a multiple of that of `peer` in the same scenario and mode."""
    own, others = figure(samples, row, name), figure(samples, row._replace(contender=peer), name)
    return own / others if own is not None and others else None
