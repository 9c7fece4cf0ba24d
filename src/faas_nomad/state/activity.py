"""When functions were last used, by looking at their counters now and then. Pure.

What is under way counts as use: a stream or a WebSocket keeps a function awake as long as it lasts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Figures(NamedTuple):
    """A function's counters at one moment."""

    started: int
    under_way: int
    """Invocations that have not ended, and open tunnels."""


@dataclass(slots=True)
class _Seen:
    figures: Figures
    replicas: int
    used_s: float


class Activity:
    """Times of the last use of functions by name."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def look(self, functions: Iterable[tuple[str, Figures, int]], now_s: float) -> None:
        """Take in name, counters and wanted replicas of all functions; others are forgotten."""
        seen = {}
        for name, figures, replicas in functions:
            known = self._seen.get(name)
            woken = known is not None and replicas > 0 and known.replicas == 0
            is_used = known is None or figures.under_way or figures.started != known.figures.started
            used_s = now_s if known is None or is_used or woken else known.used_s
            seen[name] = _Seen(figures, replicas, used_s)
        self._seen = seen

    def used(self, name: str, now_s: float) -> None:
        """The function was used somewhere else."""
        if name in self._seen:
            self._seen[name].used_s = now_s

    def idle_s(self, name: str, now_s: float) -> float:
        """Return for how long the function was not used; 0 for one that is not known."""
        known = self._seen.get(name)
        return 0.0 if known is None or known.figures.under_way else now_s - known.used_s
