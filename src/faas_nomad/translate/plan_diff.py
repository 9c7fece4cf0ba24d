"""What Nomad's plan of a job says, as lines for people. Pure.

Source: nomad `api/jobs.go` (JobPlanResponse, JobDiff), `command/job_plan.go` for the usual marks.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_MARKS = {"Added": "+", "Deleted": "-", "Edited": "+/-", "None": ""}
_WIDTH = 4
_MAX_TEXT = 200
"""Characters of a value that are shown: the embedded watchdog alone has twenty thousand."""

Plan = Mapping[str, Any]


def is_change(plan: Plan) -> bool:
    """Return whether registering the job would change it."""
    return _matters(plan.get("Diff") or {})


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield the changes, then what placing would meet, then Nomad's warnings."""
    yield from _object(plan.get("Diff") or {}, 0, label="Job")
    for group, failed in (plan.get("FailedTGAllocs") or {}).items():
        yield f"Not to be placed: {group} ({'; '.join(_reasons(failed)) or 'no node'})"
    warnings = " ".join(str(plan.get("Warnings") or "").split())
    if warnings:
        yield f"Nomad warns: {warnings}"


def _object(diff: Mapping[str, Any], depth: int, label: str = "") -> Iterator[str]:
    kind = str(diff.get("Type", "None"))
    if not _matters(diff):
        return
    named = diff.get("ID") or diff.get("Name") or ""
    head = f'{label}: "{named}"' if label else str(named)
    yield _line(kind, f"{head}{_notes(diff)}", depth)
    for one in diff.get("Fields") or []:
        yield from _field(one, depth + 1)
    for one in diff.get("Objects") or []:
        yield from _object(one, depth + 1)
    for one in diff.get("TaskGroups") or []:
        yield from _object(one, depth + 1, label="Group")
    for one in diff.get("Tasks") or []:
        yield from _object(one, depth + 1, label="Task")


def _field(diff: Mapping[str, Any], depth: int) -> Iterator[str]:
    kind = str(diff.get("Type", "None"))
    if kind == "None":
        return
    old, new = _shown(diff.get("Old", "")), _shown(diff.get("New", ""))
    text = {"Added": new, "Deleted": old}.get(kind, f"{old} => {new}")
    notes = ", ".join(diff.get("Annotations") or [])
    yield _line(kind, f"{diff.get('Name')}: {text}{f' ({notes})' if notes else ''}", depth)


def _matters(diff: Mapping[str, Any]) -> bool:
    """Return whether anything differs: a scaling block is called edited for its index alone."""
    if diff.get("Type") in ("Added", "Deleted"):
        return True
    if any(one.get("Type", "None") != "None" for one in diff.get("Fields") or []):
        return True
    parts = ("Objects", "TaskGroups", "Tasks")
    return any(_matters(one) for part in parts for one in diff.get(part) or [])


def _notes(diff: Mapping[str, Any]) -> str:
    """Return what Nomad would do for the change: `(2 create, 1 destroy)` or annotations."""
    notes = [f"{count} {what}" for what, count in (diff.get("Updates") or {}).items()]
    notes += diff.get("Annotations") or []
    return f" ({', '.join(notes)})" if notes else ""


def _reasons(failed: Mapping[str, Any]) -> Iterator[str]:
    if not failed.get("NodesEvaluated"):
        yield "no node was eligible"
    for constraint, count in (failed.get("ConstraintFiltered") or {}).items():
        yield f"{constraint} rules out {count}"
    for resource, count in (failed.get("DimensionExhausted") or {}).items():
        yield f"{resource} on {count}"


def _line(kind: str, text: str, depth: int) -> str:
    return f"{'  ' * depth}{_MARKS.get(kind, '?'):<{_WIDTH}}{text}"


def _shown(text: object) -> str:
    whole = " ".join(str(text).split())
    printable = "".join(char if char.isprintable() else "?" for char in whole)
    rest = len(printable) - _MAX_TEXT
    return f'"{printable[:_MAX_TEXT]}"' + (f" … and {rest} characters" if rest > 0 else "")
