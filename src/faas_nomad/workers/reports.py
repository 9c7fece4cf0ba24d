"""What a worker's counters grew by, as it reports it, and the strict reading of that. Pure.

Who makes a report and who adds it up is in `deltas`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faas_nomad.metrics import BUCKETS_S
from faas_nomad.workers import checked
from faas_nomad.workers.checked import MessageError


@dataclass(frozen=True, slots=True)
class CodeDelta:
    """Answers with one status since the last report; buckets as in `CodeStats`."""

    code: int
    buckets: tuple[int, ...]
    sum_s: float


@dataclass(frozen=True, slots=True)
class FunctionDelta:
    """What one function's counters grew by; "" is the control plane."""

    function: str
    started: int
    in_flight: int
    """A gauge: what it changed by, either way."""
    codes: tuple[CodeDelta, ...]
    tunnels: int = 0
    """A gauge too."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker's counters changed by since its last report; also its sign of life."""

    functions: tuple[FunctionDelta, ...] = ()
    gauges: tuple[tuple[str, int], ...] = ()
    """Attributes of `Stats`, and what they changed by, either way."""
    counts: tuple[tuple[str, int], ...] = ()
    labelled: tuple[tuple[str, str | int, int], ...] = ()
    """Attributes of `Stats` that count by label: attribute, label, growth."""


def report_of(found: Mapping[str, Any]) -> Report:
    """Return the report that is in `found`; `wire.decode` makes one error of all it raises."""
    return Report(
        functions=tuple(_function(function) for function in found["functions"]),
        gauges=tuple((checked.name(name), checked.whole(by)) for name, by in found["gauges"]),
        counts=tuple((checked.name(name), checked.growth(by)) for name, by in found["counts"]),
        labelled=tuple(
            (checked.name(n), checked.label(key), checked.growth(by))
            for n, key, by in found["labelled"]
        ),
    )


def _function(found: Mapping[str, Any]) -> FunctionDelta:
    codes = tuple(_code(code) for code in found["codes"])
    started, in_flight = checked.growth(found["started"]), checked.whole(found["in_flight"])
    return FunctionDelta(
        checked.name(found["function"]), started, in_flight, codes, checked.whole(found["tunnels"])
    )


def _code(found: Mapping[str, Any]) -> CodeDelta:
    buckets = tuple(checked.growth(bucket) for bucket in found["buckets"])
    sum_s = found["sum_s"]
    if len(buckets) != len(BUCKETS_S) + 1:
        raise MessageError(f"{len(buckets)} buckets, not {len(BUCKETS_S) + 1}")
    if type(sum_s) not in (int, float) or not 0 <= sum_s < math.inf:
        raise MessageError("a sum of seconds is no number, or negative")
    return CodeDelta(checked.growth(found["code"]), buckets, float(sum_s))
