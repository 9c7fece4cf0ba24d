"""What instances tell each other in Nomad variables; all of it is text in JSON. Pure.

What cannot be read is as if it were not there: another version of this service may have written it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ROOT = "openfaas/scaling"


@dataclass(frozen=True)
class MeetingPlace:
    """Where the instances of one service meet, whose functions' jobs begin with the same prefix."""

    namespace: str
    job_name_prefix: str

    @property
    def decider(self) -> str:
        """The variable with the lease of who decides."""
        return f"{ROOT}/{self.job_name_prefix}/decider"

    @property
    def reports(self) -> str:
        """What the instances' own variables begin with."""
        return f"{ROOT}/{self.job_name_prefix}/instances/"


MAX_COUNTED = 2**53
"""As far as numbers can be summed and divided."""
MAX_LOAD_BYTES = 48 * 1024
"""In one report: Nomad takes 64 KiB in a variable, and an answer is in it too."""


@dataclass(frozen=True)
class Ask:
    """The decider asks all others to hold new requests of `functions`, and how busy they are."""

    number: int
    functions: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """Which functions of the ask with that number have nothing under way and stay held."""

    number: int
    quiet: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """One instance's variable; `load` has invocations begun and under way by function."""

    beat: int = 0
    answer: Answer | None = None
    load: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Of functions in use alone."""

    def items(self) -> dict[str, str]:
        """Return the variable's items."""
        answer = [self.answer.number, *self.answer.quiet] if self.answer else []
        return {"beat": str(self.beat), "answer": _text(answer), "load": _text(self.load)}


def load_bytes(name: str, figures: tuple[int, int]) -> int:
    """Return what a function takes in the text of a report's load."""
    return len(_text({name: figures})) - 1


def lease_items(holder: str, beat: int, ask: Ask | None) -> dict[str, str]:
    """Return the items of the lease's variable."""
    return {
        "holder": holder or "-",
        "beat": str(beat),
        "ask": _text([ask.number, *ask.functions] if ask else []),
    }


def lease_from_items(items: Mapping[str, str]) -> tuple[str, Ask | None]:
    """Return holder and ask."""
    holder = items.get("holder", "")
    found = _numbered(items.get("ask", ""))
    return "" if holder == "-" else holder, Ask(*found) if found else None


def report_from_items(items: Mapping[str, str]) -> Report:
    """Return an instance's report."""
    found = _numbered(items.get("answer", ""))
    load = _json(items.get("load", ""))
    pairs = load.items() if isinstance(load, dict) else ()
    return Report(
        beat=0,
        answer=Answer(*found) if found else None,
        load={str(name): _pair(pair) for name, pair in pairs},
    )


def _numbered(text: str) -> tuple[int, tuple[str, ...]] | None:
    found = _json(text)
    if not isinstance(found, list) or not found or not isinstance(found[0], int):
        return None
    return found[0], tuple(str(name) for name in found[1:])


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, list) and len(value) == 2 and all(_is_count(one) for one in value):
        return value[0], value[1]
    return 0, 0


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < MAX_COUNTED


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
