"""What an instance reports of its load, to whoever decides: the figures of functions in use."""

from collections.abc import Mapping

from faas_nomad.model.instances import MAX_LOAD_BYTES, load_bytes
from faas_nomad.state.functions import Functions
from faas_nomad.tasks.deciding import FiguresOf


class LoadInUse:
    """Remembers what was begun of each function when it was last reported."""

    def __init__(self, functions: Functions, figures_of: FiguresOf) -> None:
        self._functions = functions
        self._figures_of = figures_of
        self._told: dict[str, int] = {}
        self._left_out: set[str] = set()
        """Those in use that the last report had no room for: they come first in the next."""

    def __call__(self) -> Mapping[str, tuple[int, int]]:
        """Return the figures to report, as many as fit."""
        names = [self._functions.function_name(key) for key in self._functions.picture.jobs]
        self._told = {name: self._told[name] for name in names if name in self._told}
        before, self._left_out = self._left_out, set()
        found: dict[str, tuple[int, int]] = {}
        size_bytes = 0
        for name in sorted(names, key=lambda name: name not in before):
            figures = self._figures_of(name)
            if not figures.under_way and figures.started == self._told.get(name, 0):
                continue
            size_bytes += load_bytes(name, figures)
            if size_bytes > MAX_LOAD_BYTES:
                self._left_out.add(name)
            else:
                found[name] = figures
                self._told[name] = figures.started
        return found
