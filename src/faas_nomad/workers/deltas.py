"""Counters of many workers as one: each reports what it has added, and the sum adds it. Pure.

What a worker has reported stays in the sum when the worker dies, so no counter ever goes down;
what it held at that moment (requests in flight, open connections) leaves with it.
"""

from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from faas_nomad.metrics import BUCKETS_S
from faas_nomad.proxy.stats import MAX_CODES, OTHER_CODE, CodeStats, FunctionStats, Stats
from faas_nomad.workers.checked import MessageError
from faas_nomad.workers.reports import CodeDelta, FunctionDelta, Report

GAUGES = ("clients", "tunnels", "upstream_connections", "waiting")
COUNTS = ("ejections", "clients_total", "upstream_connections_total")
LABELLED = ("upstream_errors", "retries", "limits", "refused", "spans")
"""The attributes of `Stats` that are neither functions nor the control plane."""
MAX_FUNCTIONS = 256
"""In one report, so that a report stays far below the longest message."""


class Reporter:
    """Says what a worker's `stats` have changed by since it was last asked."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._told: dict[str, _Told] = {}
        self._told_figures: Counter[str] = Counter()
        self._told_labelled: Counter[tuple[str, str | int]] = Counter()

    def reports(self) -> list[Report]:
        """Return the reports to send, at least one."""
        functions = list(self._functions())
        first = Report(
            functions=tuple(functions[:MAX_FUNCTIONS]),
            gauges=tuple(self._figures(GAUGES)),
            counts=tuple(self._figures(COUNTS)),
            labelled=tuple(self._labelled()),
        )
        starts = range(MAX_FUNCTIONS, len(functions), MAX_FUNCTIONS)
        return [first, *(Report(tuple(functions[at : at + MAX_FUNCTIONS])) for at in starts)]

    def _functions(self) -> Iterator[FunctionDelta]:
        for name in [name for name in self._told if name and name not in self._stats.functions]:
            del self._told[name]
        for stats in (self._stats.control, *self._stats.functions.values()):
            told = self._told.get(stats.function)
            if told is None or told.stats is not stats:
                told = self._told[stats.function] = _Told(stats)
            if told.figures != (stats.started, stats.in_flight, stats.tunnels):
                yield told.delta()

    def _figures(self, names: tuple[str, ...]) -> Iterator[tuple[str, int]]:
        for name in names:
            value: int = getattr(self._stats, name)
            if value != self._told_figures[name]:
                yield name, value - self._told_figures[name]
                self._told_figures[name] = value

    def _labelled(self) -> Iterator[tuple[str, str | int, int]]:
        for name in LABELLED:
            for label, value in getattr(self._stats, name).items():
                if value != self._told_labelled[name, label]:
                    yield name, label, value - self._told_labelled[name, label]
                    self._told_labelled[name, label] = value


class _Told:
    """What was reported of one function. Every request changes one of its `figures`."""

    def __init__(self, stats: FunctionStats) -> None:
        self.stats = stats
        self.figures = (0, 0, 0)
        """Begun, in flight, tunnels."""
        self._codes: dict[int, tuple[tuple[int, ...], float]] = {}

    def delta(self) -> FunctionDelta:
        """Return what has changed, and take it as reported."""
        stats = self.stats
        codes = tuple(self._code_deltas())
        figures = (stats.started, stats.in_flight, stats.tunnels)
        started, in_flight, tunnels = (
            new - old for new, old in zip(figures, self.figures, strict=True)
        )
        self.figures = figures
        return FunctionDelta(stats.function, started, in_flight, codes, tunnels)

    def _code_deltas(self) -> Iterator[CodeDelta]:
        nothing = ((0,) * (len(BUCKETS_S) + 1), 0.0)
        for code, found in self.stats.codes.items():
            before, before_s = self._codes.get(code, nothing)
            now = tuple(found.buckets)
            if now != before:
                grown = tuple(new - old for new, old in zip(now, before, strict=True))
                yield CodeDelta(code, grown, max(0.0, found.sum_s - before_s))
                self._codes[code] = (now, found.sum_s)


@dataclass
class Share:
    """What one worker holds at present, as part of the sum.

    By the functions' counters and not by their names: when a name comes again whose counters were
    forgotten, nothing is held of that function.
    """

    in_flight: Counter[FunctionStats] = field(default_factory=Counter)
    function_tunnels: Counter[FunctionStats] = field(default_factory=Counter)
    gauges: Counter[str] = field(default_factory=Counter)


class Sum:
    """The counters of all workers there are and were; `stats` is for a `DataPathCollector`."""

    def __init__(self) -> None:
        self.stats = Stats()
        self._absent: set[str] = set()

    def add(self, report: Report, share: Share) -> None:
        """Take a report of the worker whose share this is. Raises: MessageError."""
        for name, by in report.gauges:
            self._grow(GAUGES, name, by)
            share.gauges[name] += by
        for name, by in report.counts:
            self._grow(COUNTS, name, by)
        for name, label, by in report.labelled:
            if name not in LABELLED:
                raise MessageError(f"no counter: {name!r}")
            getattr(self.stats, name)[label] += by
        for delta in report.functions:
            function = self._add_function(delta)
            share.in_flight[function] += delta.in_flight
            share.function_tunnels[function] += delta.tunnels

    def leave(self, share: Share) -> None:
        """The worker is gone, and with it what it held; what it counted stays."""
        for name, by in share.gauges.items():
            self._grow(GAUGES, name, -by)
        for function, by in share.in_flight.items():
            function.in_flight -= by
        for function, by in share.function_tunnels.items():
            function.tunnels -= by

    def follow(self, present: Set[str], now_s: float) -> None:
        """Have series for the functions `present`, and for those removed a while longer."""
        for name in present - (self.stats.functions.keys() - self._absent):
            self.stats.function(name)
        gone = self.stats.functions.keys() - present
        for name in gone - self._absent:
            self.stats.removed(name, now_s)
        self._absent = gone
        self.stats.forget_removed(now_s)

    def _add_function(self, delta: FunctionDelta) -> FunctionStats:
        function = self._function(delta.function)
        function.started += delta.started
        function.in_flight += delta.in_flight
        function.tunnels += delta.tunnels
        for found in delta.codes:
            code = _code_of(function, found.code)
            code.sum_s += found.sum_s
            for index, by in enumerate(found.buckets):
                code.buckets[index] += by
        return function

    def _function(self, name: str) -> FunctionStats:
        if not name:
            return self.stats.control
        # Not `stats.function`: a late report does not bring a removed function back.
        return self.stats.functions.setdefault(name, FunctionStats(name))

    def _grow(self, known: tuple[str, ...], name: str, by: int) -> None:
        if name not in known:
            raise MessageError(f"no counter: {name!r}")
        setattr(self.stats, name, getattr(self.stats, name) + by)


def _code_of(function: FunctionStats, code: int) -> CodeStats:
    if code not in function.codes and len(function.codes) >= MAX_CODES:
        code = OTHER_CODE
    return function.codes.setdefault(code, CodeStats())
