"""The grammar of constraints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.translate.constraints import OPERATORS, parse_attribute, parse_rule
from faas_nomad.translate.errors import InvalidDeploymentError


def block(text: str) -> tuple[str, str, str]:
    found = parse_rule("constraints[0]", text).block()
    return found["LTarget"], found["Operand"], found["RTarget"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("attr.kernel.name = linux", ("${attr.kernel.name}", "=", "linux")),
        ("attr.kernel.name == linux", ("${attr.kernel.name}", "=", "linux")),
        ("attr.kernel.name is linux", ("${attr.kernel.name}", "=", "linux")),
        ("attr.kernel.name=linux", ("${attr.kernel.name}", "=", "linux")),
        ("${attr.kernel.name} == linux", ("${attr.kernel.name}", "=", "linux")),
        ("meta.zone != a", ("${meta.zone}", "!=", "a")),
        ("meta.zone not a", ("${meta.zone}", "!=", "a")),
        ("meta.zone!=a", ("${meta.zone}", "!=", "a")),
        ("attr.cpu.numcores < 8", ("${attr.cpu.numcores}", "<", "8")),
        ("attr.cpu.numcores <= 8", ("${attr.cpu.numcores}", "<=", "8")),
        ("attr.cpu.numcores > 8", ("${attr.cpu.numcores}", ">", "8")),
        ("attr.cpu.numcores>=8", ("${attr.cpu.numcores}", ">=", "8")),
        ("node.class regexp ^gpu-[0-9]+$", ("${node.class}", "regexp", "^gpu-[0-9]+$")),
        (
            "attr.nomad.version version >= 1.7, < 2",
            ("${attr.nomad.version}", "version", ">= 1.7, < 2"),
        ),
        (
            "attr.nomad.version semver >= 1.7.0-beta.1",
            ("${attr.nomad.version}", "semver", ">= 1.7.0-beta.1"),
        ),
        ("attr.nomad.version version ~> 1.7", ("${attr.nomad.version}", "version", "~> 1.7")),
        ("meta.tags set_contains a,b", ("${meta.tags}", "set_contains", "a,b")),
        ("meta.tags set_contains_all a,b", ("${meta.tags}", "set_contains_all", "a,b")),
        ("meta.tags set_contains_any a,b", ("${meta.tags}", "set_contains_any", "a,b")),
        ("meta.zone is_set", ("${meta.zone}", "is_set", "")),
        ("meta.zone is_not_set", ("${meta.zone}", "is_not_set", "")),
        ("distinct_hosts", ("", "distinct_hosts", "true")),
        ("distinct_hosts = true", ("", "distinct_hosts", "true")),
        ("distinct_hosts false", ("", "distinct_hosts", "false")),
        ("distinct_property meta.rack", ("${meta.rack}", "distinct_property", "")),
        ("distinct_property = ${meta.rack} 2", ("${meta.rack}", "distinct_property", "2")),
        ("meta.rack distinct_property 2", ("${meta.rack}", "distinct_property", "2")),
        ("node.unique.name == n-1", ("${node.unique.name}", "=", "n-1")),
        ("node.name == n-1", ("${node.unique.name}", "=", "n-1")),
        ("node.unique.id == 0a", ("${node.unique.id}", "=", "0a")),
        ("datacenter != dc2", ("${node.datacenter}", "!=", "dc2")),
        ("  meta.zone ==  a b  ", ("${meta.zone}", "=", "a b")),
        ("meta.zone == a == b", ("${meta.zone}", "=", "a == b")),
    ],
)
def test_a_rule_is_attribute_operator_and_value(text: str, expected: tuple[str, str, str]) -> None:
    assert block(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "meta.zone",
        "meta.zone a",
        "meta.zone ==",
        "meta.zone =",
        "== a",
        "meta.zone like a",
        "zone == a",
        "kernel.name == linux",
        "device.attr.memory > 1",
        "meta. == a",
        "meta.a$b == c",
        "${meta.a == b",
        "${NOMAD_TOKEN} == a",
        "${meta.${x}} == a",
        "meta.zone is_set a",
        "meta.zone == ${meta.other}",
        "distinct_hosts = maybe",
        "distinct_property",
        "distinct_property zone",
        "meta.rack distinct_property 0",
        "meta.rack distinct_property many",
        "attr.nomad.version version newest",
        "attr.nomad.version semver ~> 1.7",
        "attr.nomad.version version 1.7,",
    ],
)
def test_what_is_no_rule_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(InvalidDeploymentError, match=r"^constraints\[0\]: ") as refused:
        parse_rule("constraints[0]", text)

    assert refused.value.field == "constraints[0]"


def test_two_words_are_refused_with_the_form_of_a_rule() -> None:
    with pytest.raises(InvalidDeploymentError, match="ATTRIBUTE OPERATOR VALUE"):
        parse_rule("constraints[0]", "meta.zone a")


def test_an_unknown_operator_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidDeploymentError, match="set_contains_any"):
        parse_rule("constraints[0]", "meta.zone like a")


@given(st.text(max_size=60))
def test_an_attribute_is_wrapped_only_when_it_is_plain(text: str) -> None:
    try:
        name = parse_attribute("f", text)
    except InvalidDeploymentError:
        return
    assert not set(name) & set("${} ")


@given(
    st.from_regex(r"(attr|meta)\.[a-z]{1,8}", fullmatch=True),
    st.sampled_from(sorted(set(OPERATORS) - {"is_set", "is_not_set", "version", "semver"})),
    st.text(min_size=1, max_size=30).map(str.strip).filter(lambda v: v and not v.startswith("${")),
)
def test_a_value_arrives_as_it_was_written(attribute: str, operator: str, value: str) -> None:
    found = parse_rule("f", f"{attribute} {operator} {value}")

    assert (found.attribute, found.value) == (attribute, value)
    assert found.operator == OPERATORS[operator]
