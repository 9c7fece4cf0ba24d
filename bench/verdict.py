"""What the data path has to show, and whether it did. Pure.

A goal is a figure as a multiple of a peer's in the same run, or a figure itself. `must` holds on
every machine; `aim` is what the design can reach.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.samples import Measured, Row, figure, ratio
from bench.scenarios import HAPROXY, OURS, SDK, SERVICE, TWO_WORKERS, Mode
from bench.table import shown

HEADER = ("goal", "scenario", "who", "measured", "must", "aim", "verdict")


@dataclass(frozen=True)
class Goal:
    """One line of the goals, for each of its scenarios."""

    what: str
    figure: str
    scenarios: tuple[str, ...]
    must: float
    aim: float | None
    against: str = ""
    """The peer whose figure is 1; "": the figure itself counts."""
    who: str = OURS
    mode: Mode = "pinned"
    more_is_better: bool = False

    def verdict(self, measured: float) -> str:
        """Return how `measured` stands to the goal."""
        if not self._reaches(measured, self.must):
            return "missed"
        if self.aim is None:
            return "met"
        return "aim" if self._reaches(measured, self.aim) else "must"

    def _reaches(self, measured: float, bar: float) -> bool:
        return measured >= bar if self.more_is_better else measured <= bar


_SMALL = ("get 64", "post 64", "12 headers 64")
_BIG = ("10 MB down", "10 MB up", "10 MB chunked down", "10 MB chunked up")

GOALS = (
    Goal("requests/s x sdk", "requests_s", _SMALL, 2.0, 2.5, SDK, more_is_better=True),
    Goal("CPU per request x sdk", "cpu_us", _SMALL, 0.5, 0.4, SDK),
    Goal("CPU per request x haproxy", "cpu_us", ("get 64",), 1.6, 1.35, HAPROXY),
    Goal("p99 x sdk", "p99_ms", ("get 64", "post 64", "get 256", "post 256"), 1.0, 0.5, SDK),
    Goal("p50 x sdk, 1 connection", "p50_ms", ("get 1", "post 1"), 1.0, 0.8, SDK),
    Goal(
        "requests/s x sdk, 100 KB",
        "requests_s",
        ("100 KB down", "100 KB up"),
        1.5,
        2.0,
        SDK,
        more_is_better=True,
    ),
    Goal("requests/s x sdk, 10 MB", "requests_s", _BIG, 0.9, 1.1, SDK, more_is_better=True),
    Goal("memory x sdk, 1,000 connections", "rss_mb", ("get 1000", "post 1000"), 0.7, 0.5, SDK),
    Goal(
        "two workers x one, requests/s",
        "requests_s",
        ("get 64", "get 256", "post 64"),
        1.0,
        None,
        OURS,
        who=TWO_WORKERS,
        mode="free",
        more_is_better=True,
    ),
    Goal(
        "statuses/s, a new connection each",
        "requests_s",
        ("status, new connections",),
        5_000,
        10_000,
        who=SERVICE,
        more_is_better=True,
    ),
    Goal("event late by, p99 in ms", "p99_ms", ("events", "events, no Accept"), 5, None),
    Goal("memory of a slow reader of 10 MB, MB", "rss_mb", ("slow readers",), 2, None),
)


def verdicts(samples: Measured) -> Iterator[tuple[str, ...]]:
    """Yield a line for each goal and scenario that was measured."""
    for goal in GOALS:
        for scenario in goal.scenarios:
            row = Row(goal.mode, scenario, goal.who)
            if goal.against:
                measured = ratio(samples, row, goal.against, goal.figure)
            else:
                measured = figure(samples, row, goal.figure)
            if measured is not None:
                yield _line(goal, scenario, measured, _errors(samples, goal, row))


def _errors(samples: Measured, goal: Goal, row: Row) -> int:
    """Return how many calls failed, of either side: an error is answered faster than a request."""
    rows = {row, row._replace(contender=goal.against or goal.who)}
    return sum(sample.errors for found in rows for sample in samples[found])


def _line(goal: Goal, scenario: str, measured: float, errors: int) -> tuple[str, ...]:
    sign = "≥" if goal.more_is_better else "≤"
    digits = 0 if measured > 100 else 2
    aim = "" if goal.aim is None else f"{sign} {goal.aim:,g}"
    return (
        goal.what,
        scenario,
        goal.who,
        shown(measured, digits) or "0.00",
        f"{sign} {goal.must:,g}",
        aim,
        goal.verdict(measured) + (f", {errors:,} errors" if errors else ""),
    )
