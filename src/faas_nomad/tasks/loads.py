"""The loads of functions that this service knows itself: requests, and what replicas use."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

from faas_nomad.state.activity import Figures
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey

CpuOf = Callable[[JobKey], float | None]
"""Gives the millicores that a function's replicas use together, if that is known."""


class Load(Protocol):
    """The figures of all instances."""

    def sources(self, name: str) -> Mapping[str, Figures]:
        """Return a function's figures by instance; one that has none is left out."""
        ...


class OwnLoads:
    """Remembers of each function what was counted up to the last round."""

    def __init__(self, functions: Functions, load: Load, cpu_of: CpuOf) -> None:
        self._functions = functions
        self._load = load
        self._cpu_of = cpu_of
        self._begun: dict[JobKey, dict[str, int]] = {}
        self._under_way: dict[JobKey, list[int]] = {}
        """Once a second since the last round."""

    def look(self, keys: Iterable[JobKey]) -> None:
        """Count what is under way; called once a second with the functions scaled by that."""
        for key in keys:
            under_way = sum(figures.under_way for figures in self._sources(key).values())
            self._under_way.setdefault(key, []).append(under_way)

    def forget_all_but(self, keys: Collection[JobKey]) -> None:
        """Keep nothing of functions that are scaled no more, or sleep."""
        self._begun = {key: begun for key, begun in self._begun.items() if key in keys}
        self._under_way = {key: seconds for key, seconds in self._under_way.items() if key in keys}

    def measure(self, key: JobKey, type_: str, since_s: float) -> float | None:
        """Return the load since the last round, `since_s` ago; None while it is not known."""
        if type_ == "cpu":
            return self._cpu_of(key)
        if type_ == "rps":
            return self._rate(key, since_s)
        seconds = self._under_way.pop(key, [])
        return sum(seconds) / len(seconds) if seconds else None

    def _rate(self, key: JobKey, since_s: float) -> float | None:
        known = self._begun.get(key)
        before = known or {}
        now = {source: figures.started for source, figures in self._sources(key).items()}
        self._begun[key] = {**before, **now}
        if known is None:
            return None
        # An instance is left out of the figures while the function is not in use there.
        return sum(begun - before.get(source, begun) for source, begun in now.items()) / since_s

    def _sources(self, key: JobKey) -> Mapping[str, Figures]:
        return self._load.sources(self._functions.function_name(key))
