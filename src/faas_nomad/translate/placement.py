"""Constraints, affinities and spreads → where a job may run. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from faas_nomad.translate.constraints import (
    DISTINCT_HOSTS,
    DISTINCT_PROPERTY,
    UNARY,
    Rule,
    parse_attribute,
    parse_rule,
)
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.written import Written

DEFAULT_WEIGHT = 50
MAX_WEIGHT = 100

_SEPARATOR = re.compile(r"[;\n]")
_WEIGHTED = re.compile(r"(?P<rest>.*\S)\s+weight=(?P<weight>\S*)", re.DOTALL)
_WEIGHT = re.compile(r"-?[0-9]{1,3}")
_TARGET = re.compile(r"(?P<value>[^:\s]+):(?P<percent>[0-9]{1,3})%?")
_DATACENTER = re.compile(r"[A-Za-z0-9_.*?-]{1,128}")
_NODE_POOL = re.compile(r"[A-Za-z0-9_-]{1,128}")
_NO_PREFERENCE = (DISTINCT_HOSTS, DISTINCT_PROPERTY, *UNARY)


@dataclass(frozen=True)
class Placement:
    """Where a job may run and where it would rather run, in the spelling of Nomad's job."""

    datacenters: list[str]
    node_pool: str
    constraints: list[dict[str, str]]
    affinities: list[dict[str, Any]]
    spreads: list[dict[str, Any]]


def placement_of(constraints: Sequence[str], written: Written, policy: JobPolicy) -> Placement:
    """Return where a function may run; `datacenter == x` and `node.pool == x` replace defaults.

    Raises:
        InvalidDeploymentError: A rule cannot be read; names `constraints[N]` or the annotation.
    """
    fields = [(f"constraints[{index}]", text) for index, text in enumerate(constraints)]
    rules = [(field, parse_rule(field, text)) for field, text in fields]
    return Placement(
        datacenters=_datacenters(rules) or list(policy.datacenters),
        node_pool=_node_pool(rules) or policy.node_pool,
        constraints=[rule.block() for rule in _architecture(policy)]
        + [rule.block() for _, rule in rules if not _is_choice(rule)],
        affinities=[_affinity(field, text) for field, text in _listed(written, "affinity")],
        spreads=[_spread(field, text) for field, text in _listed(written, "spread")],
    )


def _architecture(policy: JobPolicy) -> list[Rule]:
    return [Rule("attr.cpu.arch", "=", policy.cpu_arch)] if policy.cpu_arch else []


def _is_choice(rule: Rule) -> bool:
    return rule.operator == "=" and rule.attribute in ("node.datacenter", "node.pool")


def _chosen(rules: Iterable[tuple[str, Rule]], attribute: str) -> list[tuple[str, str]]:
    return [
        (field, rule.value)
        for field, rule in rules
        if rule.attribute == attribute and _is_choice(rule)
    ]


def _datacenters(rules: list[tuple[str, Rule]]) -> list[str]:
    """Return every datacenter named; several rules and several in one rule add up."""
    found: list[str] = []
    for field, value in _chosen(rules, "node.datacenter"):
        for name in value.split(","):
            if not _DATACENTER.fullmatch(name.strip()):
                raise InvalidDeploymentError(field, value, "a datacenter, or some with commas")
            found.append(name.strip())
    return list(dict.fromkeys(found))


def _node_pool(rules: list[tuple[str, Rule]]) -> str:
    pool = ""
    for field, value in _chosen(rules, "node.pool"):
        if not _NODE_POOL.fullmatch(value):
            raise InvalidDeploymentError(field, value, "a node pool's name")
        if pool not in ("", value):
            raise InvalidDeploymentError(field, value, f"the same node pool as before, {pool}")
        pool = value
    return pool


def _listed(written: Written, name: str) -> list[tuple[str, str]]:
    if not written.has(name):
        return []
    said = [text.strip() for text in _SEPARATOR.split(written.text(name))]
    return [(written.field(name), text) for text in said if text]


def _affinity(field: str, text: str) -> dict[str, Any]:
    said, weight = _weighted(field, text)
    rule = parse_rule(field, said)
    if rule.operator in _NO_PREFERENCE:
        raise InvalidDeploymentError(field, text, "a preference: an affinity compares with a value")
    return {**rule.block(), "Weight": weight}


def _spread(field: str, text: str) -> dict[str, Any]:
    weight = DEFAULT_WEIGHT
    attribute, *words = text.split()
    percents: dict[str, int] = {}
    for word in words:
        if word.startswith("weight="):
            weight = _weight(field, text, word.removeprefix("weight="), least=1)
        elif (target := _TARGET.fullmatch(word)) and target["value"] not in percents:
            percents[target["value"]] = int(target["percent"])
        else:
            raise InvalidDeploymentError(field, text, "ATTRIBUTE [weight=N] [VALUE:PERCENT …]")
    if sum(percents.values()) > MAX_WEIGHT:
        raise InvalidDeploymentError(field, text, "a spread of at most 100 percent in all")
    targets = [{"Value": value, "Percent": percent} for value, percent in percents.items()]
    return {
        "Attribute": f"${{{parse_attribute(field, attribute)}}}",
        "Weight": weight,
        **({"SpreadTarget": targets} if targets else {}),
    }


def _weighted(field: str, text: str) -> tuple[str, int]:
    found = _WEIGHTED.fullmatch(text)
    if found is None:
        return text, DEFAULT_WEIGHT
    return found["rest"], _weight(field, text, found["weight"], least=-MAX_WEIGHT)


def _weight(field: str, text: str, weight: str, *, least: int) -> int:
    if _WEIGHT.fullmatch(weight) and int(weight) and least <= int(weight) <= MAX_WEIGHT:
        return int(weight)
    raise InvalidDeploymentError(field, text, f"a rule with a weight from {least} to 100, not 0")
