"""What was found, how bad it is and what to do; as a table and as JSON. Pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Finding:
    """One line of the report; `advice` says what to do, empty when nothing is to be done."""

    level: Level
    subject: str
    text: str
    advice: str = ""


def ok(subject: str, text: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(Level.OK, subject, text)


def warning(subject: str, text: str, advice: str) -> Finding:
    """Return a finding that does not keep the service from working."""
    return Finding(Level.WARNING, subject, text, advice)


def failure(subject: str, text: str, advice: str) -> Finding:
    """Return a finding that does."""
    return Finding(Level.FAILURE, subject, text, advice)


def has_failure(findings: Iterable[Finding]) -> bool:
    """Return whether anything keeps the service from working."""
    return any(finding.level is Level.FAILURE for finding in findings)


def table(findings: Sequence[Finding]) -> str:
    """Return the findings in lines, each with what to do below it, then their counts."""
    levels = max((len(finding.level) for finding in findings), default=0)
    subjects = max((len(finding.subject) for finding in findings), default=0)
    lines: list[str] = []
    for one in findings:
        lines.append(f"{one.level:<{levels}}  {one.subject:<{subjects}}  {printable(one.text)}")
        if one.advice:
            lines.append(f"{'':<{levels + subjects + 4}}→ {printable(one.advice)}")
    counts = [f"{sum(one.level is level for one in findings)} {level}" for level in Level]
    return "\n".join([*lines, "", ", ".join(counts)])


def as_json(findings: Sequence[Finding]) -> str:
    """Return the findings as a JSON object with `ok` and `findings`."""
    found = {"ok": not has_failure(findings), "findings": [asdict(one) for one in findings]}
    return json.dumps(found, indent=2, ensure_ascii=False)


def printable(text: str) -> str:
    """Return text from outside as one line that moves no cursor."""
    return "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))
