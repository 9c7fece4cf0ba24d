"""What was measured as a page of Markdown. Pure."""

from collections.abc import Iterator, Mapping

from bench.results import About
from bench.samples import Measured, figure
from bench.scenarios import Mode
from bench.table import HEADER, markdown, rows
from bench.verdict import HEADER as VERDICT_HEADER
from bench.verdict import verdicts

_EXPLAINED = (
    "*Must* is what has to hold in every run on a quiet machine, *aim* what the design can reach. "
    "What the columns and the contenders are: [bench/README.md](../bench/README.md)."
)

QUIET = 0.2
"""Cores that other work may take; with more, differences below a quarter are not real."""

_TITLES: Mapping[Mode, str] = {"pinned": "Pinned to one core", "free": "Free on all cores"}


def page(about: About, samples: Measured) -> str:
    """Return the page: the machine, the picture, each goal's verdict, then the tables."""
    return "\n\n".join(_parts(about, samples)) + "\n"


def _disturbed(samples: Measured) -> str:
    """Return a warning when more than `QUIET` cores were taken by other work; "" otherwise."""
    loads = [load for row in samples if (load := figure(samples, row, "foreign")) is not None]
    loud = [load for load in loads if load > QUIET]
    if not loud:
        return ""
    return (
        f"**Not quiet:** in {len(loud)} of {len(loads)} rows other work took more than {QUIET:g} "
        f"cores, at most {max(loud):.2f}; verdicts and ratios there say little."
    )


def _parts(about: About, samples: Measured) -> Iterator[str]:
    yield "# Speed"
    yield "Made by `make bench`; the figures are kept in `bench/results.json`."
    yield "\n".join(f"- {name}: {text}" for name, text in about.items())
    yield "![Requests a second of each contender](speed.svg)"
    disturbed = _disturbed(samples)
    if disturbed:
        yield disturbed
    reached = list(verdicts(samples))
    if reached:
        yield f"## Goals\n\n{_EXPLAINED}"
        yield markdown([VERDICT_HEADER, *reached])
    for mode, title in _TITLES.items():
        lines = list(rows(samples, mode))
        if lines:
            yield f"## {title}"
            yield markdown([HEADER, *lines])
