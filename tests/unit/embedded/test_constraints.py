"""Whether the one node fits."""

from typing import Any

import pytest

from faas_nomad.embedded.constraints import NodeFacts, is_met, misfit
from faas_nomad.embedded.defaults import canonical_job
from support.nomad_job_specs import web_job

NODE = NodeFacts("id", "here", {"attr.kernel.name": "linux", "node.class": "a,b", "meta.n": "5"})


@pytest.mark.parametrize(
    ("left", "operand", "right", "met"),
    [
        ("${attr.kernel.name}", "=", "linux", True),
        ("${attr.kernel.name}", "", "linux", True),
        ("${attr.kernel.name}", "is", "windows", False),
        ("${attr.kernel.name}", "!=", "windows", True),
        ("${attr.nothing}", "=", "x", False),
        ("${attr.nothing}", "!=", "x", True),
        ("${attr.nothing}", "is_set", "", False),
        ("${attr.nothing}", "is_not_set", "", True),
        ("${attr.kernel.name}", "is_set", "", True),
        ("${attr.kernel.name}", "regexp", "^lin", True),
        ("${attr.kernel.name}", "regexp", "(", False),
        ("${meta.n}", ">=", "5", True),
        ("${meta.n}", "<", "5", False),
        ("${node.class}", "set_contains", "a", True),
        ("${node.class}", "set_contains_all", "a, b", True),
        ("${node.class}", "set_contains_any", "x,b", True),
        ("${node.class}", "set_contains", "c", False),
        ("", "distinct_hosts", "true", True),
        ("${attr.kernel.name}", "version", ">= 1", True),
    ],
)
def test_an_operator(left: str, operand: str, right: str, met: bool) -> None:
    constraint = {"LTarget": left, "Operand": operand, "RTarget": right}

    assert is_met(constraint, NODE.attributes) is met


def reason(**changes: Any) -> str | None:
    found = misfit(NODE, canonical_job({**web_job("x"), **changes}, "default"), "fn")
    return found.constraint if found else None


def test_a_plain_job_fits() -> None:
    assert reason() is None
    assert reason(Datacenters=["dc*"]) is None
    assert reason(NodePool="all") is None


def test_another_datacenter_or_pool_has_no_node() -> None:
    assert reason(Datacenters=["dc2", "eu-*"]) == ""
    assert reason(NodePool="gpu") == ""


def test_what_the_node_does_not_have_is_named() -> None:
    docker = web_job("x")["TaskGroups"]
    docker[0]["Tasks"][0]["Driver"] = "docker"
    consul = web_job("x")["TaskGroups"]
    consul[0]["Services"][0]["Provider"] = "consul"
    vault = web_job("x")["TaskGroups"]
    vault[0]["Tasks"][0]["Vault"] = {"Role": "r"}

    assert reason(TaskGroups=docker) == "missing drivers"
    assert reason(TaskGroups=consul) == "${attr.consul.version} semver >= 1.8.0"
    assert reason(TaskGroups=vault) == "${attr.vault.version} semver >= 0.6.1"


def test_a_tasks_own_constraint_counts() -> None:
    groups = web_job("x")["TaskGroups"]
    groups[0]["Tasks"][0]["Constraints"] = [{"LTarget": "${attr.cpu.arch}", "RTarget": "arm64"}]

    assert reason(TaskGroups=groups) == "${attr.cpu.arch} = arm64"
