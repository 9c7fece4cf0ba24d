"""What Nomad objects to in a job, in its own nested texts. Pure.

Source: nomad `structs/structs.go` `Validate` and the answers of v1.11.1. Only rules that the
jobs of this project can break are here.
"""

from collections.abc import Mapping
from typing import Any

from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.records import Job
from faas_nomad.embedded.rules_parts import (
    Objections,
    as_text,
    nested,
    ports_objections,
    restart_objections,
    scaling_objections,
    services_objections,
    task_objections,
    update_objections,
)

MIN_DISK_MB = 10
_TYPES = frozenset(("service", "batch", "system", "sysbatch"))
_OPERANDS = frozenset((
    "=", "==", "is", "!=", "not", "<", "<=", ">", ">=", "regexp", "version", "semver",
    "set_contains", "set_contains_all", "set_contains_any", "is_set", "is_not_set",
    "distinct_hosts", "distinct_property",
))  # fmt: skip


def check_job(job: Job, namespaces: Mapping[str, Any], node_pools: frozenset[str]) -> None:
    """Raise what `POST /v1/jobs` answers to a bad job: ApiError 500 with all objections."""
    found = objections(job)
    if not found and job["Namespace"] not in namespaces:
        found = [f'job "{job["ID"]}" is in nonexistent namespace "{job["Namespace"]}"']
    if not found and job["NodePool"] not in node_pools:
        found = [f'job "{job["ID"]}" is in nonexistent node pool "{job["NodePool"]}"']
    if found:
        raise ApiError(500, as_text(found))


def objections(job: Job) -> list[str]:
    """Return what is wrong with a canonical job, empty when nothing is."""
    return list(_job(job))


def _job(job: Job) -> Objections:
    if not job["ID"]:
        yield "Missing job ID"
    if " " in job["ID"]:
        yield "Job ID contains a space"
    if "\0" in job["ID"]:
        yield "Job ID contains a null character"
    if job["Type"] not in _TYPES:
        yield f'Invalid job type: "{job["Type"]}"'
    elif job["Type"] != "service":
        yield f'the stand-in runs jobs of type "service" only, not "{job["Type"]}"'
    if not job["TaskGroups"]:
        yield "Missing job task groups"
    yield from _constraints(job)
    yield from _affinities(job)
    yield from _groups(job["TaskGroups"])
    if not 1 <= job["Priority"] <= 100:
        yield "job priority must be between [1, 100]"


def _constraints(part: Mapping[str, Any]) -> Objections:
    for number, constraint in enumerate(part.get("Constraints") or [], 1):
        operand = constraint.get("Operand") or "="
        if operand not in _OPERANDS:
            inner = as_text([f'Unknown constraint type "{operand}"'])
            yield f"Constraint {number} validation failed: {inner}"


def _affinities(job: Job) -> Objections:
    for number, affinity in enumerate(job["Affinities"] or [], 1):
        if not affinity.get("Weight"):
            inner = as_text(["Affinity weight cannot be zero"])
            yield f"Affinity {number} validation failed: {inner}"


def _groups(groups: list[dict[str, Any]]) -> Objections:
    seen: dict[str, int] = {}
    for number, group in enumerate(groups, 1):
        name = str(group.get("Name") or "")
        if not name:
            yield f"Job task group {number} missing name"
        elif name in seen:
            yield f"Job task group {number} redefines '{name}' from group {seen[name]}"
        seen.setdefault(name, number)
    for group in groups:
        yield from nested(f"Task group {group.get('Name')}", _group, group)


def _group(group: dict[str, Any]) -> Objections:
    if group["Count"] < 0:
        yield "Task group count can't be negative"
    yield from _constraints(group)
    yield from restart_objections(group["RestartPolicy"])
    if group["EphemeralDisk"]["SizeMB"] < MIN_DISK_MB:
        size_mb = group["EphemeralDisk"]["SizeMB"]
        yield f"minimum DiskMB value is {MIN_DISK_MB}; got {size_mb}"
    yield from update_objections(group["Update"])
    yield from nested("Task group network", ports_objections, group.get("Networks") or [])
    yield from nested("Task group service", services_objections, group.get("Services") or [])
    yield from nested("Task group scaling policy", scaling_objections, group)
    if not group["Tasks"]:
        yield "Missing tasks for task group"
    for task in group["Tasks"]:
        yield from nested(f"Task {task.get('Name')}", task_objections, task, group)
