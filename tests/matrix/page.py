"""The page of the matrix, from what was recorded."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.table import markdown
from matrix.case import Case

HELD = "holds"
Recorded = Mapping[str, Mapping[str, str]]
"""By proxy and case: "" where what must hold held, else what happened instead."""

INTRODUCTION = Path(__file__).parent / "introduction.md"
RECORDED = Path(__file__).parent / "recorded.json"
PAGE = Path(__file__).parent.parent.parent / "docs" / "correctness.md"


def page(cases: Sequence[Case], versions: Mapping[str, str], recorded: Recorded) -> str:
    """Return the page: how many cases each proxy holds, then a table for each part."""
    counts = ["ours holds " + _count(recorded["ours"])]
    counts += [f"{versions[who]} {_count(recorded[who])}" for who in versions]
    parts = "\n".join(_part(part, cases, versions, recorded) for part in _parts(cases))
    return f"{INTRODUCTION.read_text()}\nOf {len(cases)} cases {', '.join(counts)}.\n\n{parts}"


def _parts(cases: Sequence[Case]) -> Iterator[str]:
    yield from dict.fromkeys(case.part for case in cases)


def _count(outcomes: Mapping[str, str]) -> str:
    return str(sum(not instead for instead in outcomes.values()))


def _part(part: str, cases: Sequence[Case], versions: Mapping[str, str], recorded: Recorded) -> str:
    who = ("ours", *versions)
    rows = [("case", "must", *who)]
    rows += [
        (_escaped(case.name), case.must, *(_cell(recorded[name][case.name]) for name in who))
        for case in cases
        if case.part == part
    ]
    return f"## {part}\n\n{markdown(rows)}\n"


def _cell(instead: str) -> str:
    return _escaped(instead) if instead else HELD


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
