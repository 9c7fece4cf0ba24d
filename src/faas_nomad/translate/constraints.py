"""The grammar of constraints, as far as rules go: `ATTRIBUTE OPERATOR VALUE`. Pure.

As with the earlier providers; besides, the blanks around an operator made of signs may be left
out, and `${…}` around the attribute is allowed. Attributes are those that Nomad's scheduler knows:
`node.…`, `attr.…` and `meta.…`.
Source: nomad `structs.Constraint.Validate`, `scheduler/feasible` (v1.11).
"""

import re
from dataclasses import dataclass

from faas_nomad.translate.errors import InvalidDeploymentError

NODE_ATTRIBUTES = frozenset(
    {"node.unique.id", "node.unique.name", "node.datacenter", "node.class", "node.pool"}
)
SYNONYMS = {
    "datacenter": "node.datacenter",
    "class": "node.class",
    "pool": "node.pool",
    "node.name": "node.unique.name",
    "node.id": "node.unique.id",
}
DISTINCT_HOSTS = "distinct_hosts"
DISTINCT_PROPERTY = "distinct_property"
UNARY = ("is_set", "is_not_set")
VERSIONS = ("version", "semver")
SETS = ("set_contains", "set_contains_all", "set_contains_any")
OPERATORS = {
    **dict.fromkeys(("=", "==", "is"), "="),
    **dict.fromkeys(("!=", "not"), "!="),
    **{same: same for same in ("<", "<=", ">", ">=", "regexp", *VERSIONS, *SETS, *UNARY)},
}
"""The operators that compare a node with a value, and how this project writes them."""

EXPECTED = "a rule ATTRIBUTE OPERATOR VALUE, such as meta.zone == a or attr.cpu.arch is_set"

_ATTRIBUTE = re.compile(r"(?:attr|meta)\.[A-Za-z0-9_.-]{1,256}")
_RULE = re.compile(
    r"(?P<left>\$\{[^{}\s]*\}|[^\s=!<>]+)"
    r"(?:\s*(?P<sign>==|!=|<=|>=|=|<|>)\s*|\s+(?P<word>[a-z_]+)(?:\s+|$))"
    r"(?P<value>.*)",
    re.DOTALL,
)
_HOSTS = re.compile(r"distinct_hosts(?:(?:\s*={1,2}\s*|\s+)(?P<value>\S+))?")
_PROPERTY = re.compile(
    r"(?:distinct_property(?:\s*={1,2}\s*|\s+)(?P<after>\S+)|(?P<before>\S+)\s+distinct_property)"
    r"(?:(?:\s*={1,2}\s*|\s+)(?P<count>\S+))?"
)
_COUNT = re.compile(r"[1-9][0-9]{0,8}")
_VERSION = re.compile(
    r"\s*(?:=|!=|>|<|>=|<=|~>)?\s*v?[0-9]+(?:\.[0-9]+)*(?:[-+][0-9A-Za-z.+-]+)?\s*"
)


@dataclass(frozen=True)
class Rule:
    """One rule about a node; `attribute` is empty for `distinct_hosts`."""

    attribute: str
    operator: str
    value: str

    def block(self) -> dict[str, str]:
        """Return the rule in the spelling of Nomad's job."""
        left = f"${{{self.attribute}}}" if self.attribute else ""
        return {"LTarget": left, "Operand": self.operator, "RTarget": self.value}


def parse_rule(field: str, text: str) -> Rule:
    """Return the rule that `text` is.

    Raises:
        InvalidDeploymentError: It is none; names `field`.
    """
    said = text.strip()
    if found := _HOSTS.fullmatch(said):
        return _distinct_hosts(field, text, found["value"])
    if found := _PROPERTY.fullmatch(said):
        return _distinct_property(field, text, found)
    found = _RULE.fullmatch(said)
    if found is None:
        raise InvalidDeploymentError(field, text, EXPECTED)
    written = found["sign"] or found["word"]
    if written not in OPERATORS and not found["value"]:
        raise InvalidDeploymentError(field, text, EXPECTED)
    if written not in OPERATORS:
        raise InvalidDeploymentError(field, text, f"a rule with one of {' '.join(OPERATORS)}")
    rule = Rule(parse_attribute(field, found["left"]), OPERATORS[written], found["value"])
    _check_value(field, text, rule)
    return rule


def parse_attribute(field: str, text: str) -> str:
    """Return the attribute of a node that `text` names, without `${}`.

    Raises:
        InvalidDeploymentError: Nomad has no such attribute; names `field`.
    """
    bare = text[2:-1] if text.startswith("${") and text.endswith("}") else text
    name = SYNONYMS.get(bare, bare)
    if name in NODE_ATTRIBUTES or _ATTRIBUTE.fullmatch(name):
        return name
    known = ", ".join(sorted(NODE_ATTRIBUTES))
    raise InvalidDeploymentError(field, text, f"an attribute of a node: attr.…, meta.…, {known}")


def _distinct_hosts(field: str, text: str, value: str | None) -> Rule:
    if value not in (None, "true", "false"):
        raise InvalidDeploymentError(field, text, "distinct_hosts with true or false")
    return Rule("", DISTINCT_HOSTS, value or "true")


def _distinct_property(field: str, text: str, found: re.Match[str]) -> Rule:
    count = found["count"] or ""
    if count and not _COUNT.fullmatch(count):
        raise InvalidDeploymentError(field, text, "distinct_property with a count of at least 1")
    attribute = parse_attribute(field, found["after"] or found["before"])
    return Rule(attribute, DISTINCT_PROPERTY, count)


def _check_value(field: str, text: str, rule: Rule) -> None:
    if rule.operator in UNARY:
        if rule.value:
            raise InvalidDeploymentError(field, text, f"a rule that ends with {rule.operator}")
        return
    if not rule.value:
        raise InvalidDeploymentError(field, text, EXPECTED)
    if rule.value.startswith("${"):
        raise InvalidDeploymentError(field, text, "a rule with a plain value, as ${…} is replaced")
    if rule.operator in VERSIONS:
        _check_versions(field, text, rule)


def _check_versions(field: str, text: str, rule: Rule) -> None:
    parts = rule.value.split(",")
    pessimistic = rule.operator == "semver" and "~>" in rule.value
    if pessimistic or not all(_VERSION.fullmatch(part) for part in parts):
        raise InvalidDeploymentError(field, text, "a rule about versions, such as >= 1.2, < 2")
