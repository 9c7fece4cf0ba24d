"""How many replicas a load takes. Pure: samples and times are passed in.

A replica is to carry `target * proportion`. Up follows the mean of the last third of the window,
down the mean of the whole of it, with room to spare and not below what was wanted within the down
window. So a steady load that lies at the edge between two counts gets the higher one and keeps it.

Source of the formula: the OpenFaaS pages on autoscaling, `desired = ready * (load per replica) /
(target * proportion)`, rounded up; the windows are this project's.
"""

from collections import deque
from dataclasses import dataclass
from math import ceil

from faas_nomad.translate.scale_rules import ScaleRules
from faas_nomad.translate.scaling import MAX_COUNT

TYPES = ("rps", "capacity", "cpu")
"""Requests begun a second; requests under way; millicores. Any other type asks Prometheus."""
UP_SHARE = 3
"""The part of the window that a rise is judged by: a third."""
DOWN_ROOM = 0.9
"""A lower count must carry the load with this part of what it may: the way back up is not near."""
_EXACT = 1e-9
"""What a quotient may lie above a whole number by the rounding of floats."""


@dataclass(frozen=True)
class Sample:
    """The load of all replicas together, at one time."""

    at_s: float
    load: float


@dataclass(frozen=True)
class Decision:
    """The replicas to have, and the figures that led to it."""

    count: int
    why: str


class Course:
    """The recent load of one function, and what was wanted for it."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._samples: deque[Sample] = deque()
        self._wanted: deque[tuple[float, int]] = deque()

    def add(self, sample: Sample) -> None:
        """Take in the latest load."""
        self._samples.append(sample)
        while self._samples[0].at_s <= sample.at_s - self._window_s:
            self._samples.popleft()

    def decide(self, count: int, rules: ScaleRules) -> Decision:
        """Return the replicas to have now, given that there are `count`; needs a sample."""
        now_s = self._samples[-1].at_s
        lately = self._mean(now_s - self._window_s / UP_SHARE)
        throughout = self._mean(now_s - self._window_s)
        each = rules.target * rules.proportion
        up, down = _replicas(lately, each), _replicas(throughout, each * DOWN_ROOM)
        if up > count:
            wanted, load = up, lately
        else:
            wanted, load = min(count, max(up, down)), throughout
        self._remember(now_s, max(wanted, up), rules.down_window_s)
        floor = max(one for _, one in self._wanted)
        held = min(count, floor) if wanted < count else wanted
        bounded = min(max(held, wanted, rules.awake_least), rules.most)
        return Decision(bounded, f"{rules.type} {load:.1f} of {each:g} each is {load / each:.2f}")

    def _mean(self, after_s: float) -> float:
        found = [sample.load for sample in self._samples if sample.at_s > after_s]
        return sum(found) / len(found)

    def _remember(self, now_s: float, wanted: int, window_s: float) -> None:
        self._wanted.append((now_s, wanted))
        while self._wanted[0][0] < now_s - window_s:
            self._wanted.popleft()


def _replicas(load: float, each: float) -> int:
    return ceil(min(max(load / each - _EXACT, 0.0), MAX_COUNT))
