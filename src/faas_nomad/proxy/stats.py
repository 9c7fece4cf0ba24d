"""Counters of the data path: plain integers, read by `collector.py`. Pure.

The hot path adds to integers; nothing is labelled, formatted or locked per request.
"""

from bisect import bisect_left
from collections import Counter

from faas_nomad.metrics import BUCKETS_S

MAX_CODES = 32
"""Status codes told apart for one function; a hostile one could otherwise make 500 series."""
OTHER_CODE = 0
CALLER_LEFT = 499
"""Counted when the caller went away before an answer began (nginx's number)."""
FORGET_AFTER_S = 600.0
"""A removed function's series stay that long, so that their last values are scraped."""


class CodeStats:
    """Answers with one status code."""

    __slots__ = ("buckets", "sum_s")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BUCKETS_S) + 1)
        """Not cumulative; the last is for everything slower."""
        self.sum_s = 0.0


class FunctionStats:
    """One function's counters."""

    __slots__ = ("codes", "function", "in_flight", "started", "tunnels")

    def __init__(self, function: str) -> None:
        self.function = function
        self.started = 0
        self.in_flight = 0
        self.tunnels = 0
        """WebSockets and the like that are open; they are not in flight."""
        self.codes: dict[int, CodeStats] = {}

    def ended(self, code: int, took_s: float) -> None:
        """Count an answer."""
        found = self.codes.get(code)
        if found is None:
            found = self._new_code(code)
        found.buckets[bisect_left(BUCKETS_S, took_s)] += 1
        found.sum_s += took_s
        self.in_flight -= 1

    def _new_code(self, code: int) -> CodeStats:
        if len(self.codes) >= MAX_CODES:
            code = OTHER_CODE
        return self.codes.setdefault(code, CodeStats())


class Stats:
    """All counters of one data path."""

    def __init__(self) -> None:
        self.functions: dict[str, FunctionStats] = {}
        self.control = FunctionStats("")
        """Calls to the control plane; not exported as a function."""
        self.clients = 0
        self.tunnels = 0
        self.waiting = 0
        """Requests that wait for a connection or a replica."""
        self.ejections = 0
        self.upstream_connections = 0
        self.clients_total = 0
        self.upstream_connections_total = 0
        self.upstream_errors: Counter[str] = Counter()
        self.retries: Counter[str] = Counter()
        self.limits: Counter[str] = Counter()
        self.refused: Counter[int] = Counter()
        """Requests that were refused before a function was found, by status code."""
        self.spans: Counter[str] = Counter()
        """Of invocations, where they are traced: ended, exported, failed."""
        self._removed: dict[str, float] = {}

    def function(self, name: str) -> FunctionStats:
        """Return the counters of a function that is in the table."""
        self._removed.pop(name, None)
        return self.functions.setdefault(name, FunctionStats(name))

    def hit(self, limit: str) -> None:
        """Count that the bound of that name was hit; "" is none."""
        if limit:
            self.limits[limit] += 1

    def invocations_of(self, name: str) -> int:
        """Return how many invocations of the function were begun."""
        found = self.functions.get(name)
        return found.started if found else 0

    def under_way(self, name: str) -> int:
        """Return the function's invocations that have not ended and its open tunnels."""
        found = self.functions.get(name)
        return found.in_flight + found.tunnels if found else 0

    def removed(self, name: str, now_s: float) -> None:
        """The function has left the table."""
        self._removed[name] = now_s

    def forget_removed(self, now_s: float) -> None:
        """Drop the counters of functions removed long ago."""
        for name in [n for n, at_s in self._removed.items() if now_s - at_s > FORGET_AFTER_S]:
            del self._removed[name]
            self.functions.pop(name, None)
