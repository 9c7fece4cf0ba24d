"""What was measured as a page of Markdown. Pure."""

from collections.abc import Iterator, Mapping

from bench.results import About
from bench.samples import Measured
from bench.scenarios import Mode
from bench.table import HEADER, markdown, rows
from bench.verdict import HEADER as VERDICT_HEADER
from bench.verdict import verdicts

_EXPLAINED = (
    "*Must* is what has to hold in every run on a quiet machine, *aim* what the design can reach. "
    "What the columns and the contenders are: [bench/README.md](../bench/README.md)."
)

_TITLES: Mapping[Mode, str] = {"pinned": "Pinned to one core", "free": "Free on all cores"}


def page(about: About, samples: Measured) -> str:
    """Return the page: the machine, the picture, each goal's verdict, then the tables."""
    return "\n\n".join(_parts(about, samples)) + "\n"


def _parts(about: About, samples: Measured) -> Iterator[str]:
    yield "# Speed"
    yield "Made by `make bench`; the figures are kept in `bench/results.json`."
    yield "\n".join(f"- {name}: {text}" for name, text in about.items())
    yield "![Requests a second of each contender](speed.svg)"
    reached = list(verdicts(samples))
    if reached:
        yield f"## Goals\n\n{_EXPLAINED}"
        yield markdown([VERDICT_HEADER, *reached])
    for mode, title in _TITLES.items():
        lines = list(rows(samples, mode))
        if lines:
            yield f"## {title}"
            yield markdown([HEADER, *lines])
