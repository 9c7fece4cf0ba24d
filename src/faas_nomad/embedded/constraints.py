"""Whether the one node fits a job. Pure.

Source: nomad `scheduler/feasible`; `version`, `semver` and the distinct operators are taken as
met, and there is room for everything.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from faas_nomad.embedded.interpolation import interpolated
from faas_nomad.embedded.records import Job, group_of


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """The node as jobs see it; `attributes` by their full names, such as `attr.kernel.name`."""

    id: str
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    drivers: frozenset[str] = frozenset(("raw_exec", "mock_driver"))
    datacenter: str = "dc1"
    pool: str = "default"
    address: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a group cannot be placed: no node of its datacenters, or the constraint in the way."""

    constraint: str = ""


def misfit(node: NodeFacts, job: Job, group_name: str) -> Misfit | None:
    """Return what keeps the group off the node; None when it fits."""
    globs = job["Datacenters"]
    if job["NodePool"] not in (node.pool, "all"):
        return Misfit()
    if not any(fnmatchcase(node.datacenter, glob) for glob in globs):
        return Misfit()
    group = group_of(job, group_name) or {"Tasks": []}
    missing = next(_missing(node, group), "")
    if missing:
        return Misfit(missing)
    for constraint in _constraints(job, group):
        if not is_met(constraint, node.attributes):
            return Misfit(_named(constraint))
    return None


def is_met(constraint: Mapping[str, Any], attributes: Mapping[str, str]) -> bool:
    """Tell whether a constraint holds for a node with these attributes."""
    operand = constraint.get("Operand") or "="
    left = interpolated(constraint.get("LTarget") or "", attributes)
    right = interpolated(constraint.get("RTarget") or "", attributes)
    is_known = not left.startswith("${")
    if operand in ("is_set", "is_not_set"):
        return is_known == (operand == "is_set")
    if operand in ("!=", "not"):
        return not is_known or left != right
    return is_known and _COMPARE.get(operand, _is_taken_as_met)(left, right)


def _missing(node: NodeFacts, group: Mapping[str, Any]) -> Iterator[str]:
    """Yield, in Nomad's words, what the group needs and this node never has."""
    services = list(group.get("Services") or [])
    for task in group["Tasks"]:
        services += task.get("Services") or []
        if task["Driver"] not in node.drivers:
            yield "missing drivers"
        if task.get("Vault"):
            yield "${attr.vault.version} semver >= 0.6.1"
    if any(service["Provider"] == "consul" for service in services):
        yield "${attr.consul.version} semver >= 1.8.0"
    if group.get("Volumes"):
        yield "missing compatible host volumes"


def _constraints(job: Job, group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in (job, group, *group["Tasks"]):
        yield from part.get("Constraints") or []


def _named(constraint: Mapping[str, Any]) -> str:
    left, right = constraint.get("LTarget") or "", constraint.get("RTarget") or ""
    return f"{left} {constraint.get('Operand') or '='} {right}".strip()


def _is_taken_as_met(_left: str, _right: str) -> bool:
    return True


def _matches(left: str, right: str) -> bool:
    try:
        return re.search(right, left) is not None
    except re.error:
        return False


def _parts(text: str) -> set[str]:
    return {part.strip() for part in text.split(",")}


_COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "=": lambda left, right: left == right,
    "==": lambda left, right: left == right,
    "is": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "regexp": _matches,
    "set_contains": lambda left, right: _parts(right) <= _parts(left),
    "set_contains_all": lambda left, right: _parts(right) <= _parts(left),
    "set_contains_any": lambda left, right: bool(_parts(right) & _parts(left)),
}
