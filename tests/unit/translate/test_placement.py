"""Where a job may run and where it would rather run."""

from typing import Any

import pytest

from faas_nomad.model.nomad import Job
from faas_nomad.translate.errors import InvalidDeploymentError
from support.deployments import annotated, deployment, job_of, policy


def placed(*constraints: str, **settings: Any) -> Job:
    return job_of(deployment(constraints=list(constraints)), policy(**settings))


def test_without_rules_the_policy_decides() -> None:
    job = placed(datacenters=("dc1", "eu-*"), node_pool="faas", cpu_arch="arm64")

    assert job["Datacenters"] == ["dc1", "eu-*"]
    assert job["NodePool"] == "faas"
    assert job["Constraints"] == [
        {"LTarget": "${attr.cpu.arch}", "Operand": "=", "RTarget": "arm64"}
    ]


def test_datacenters_named_by_rules_replace_the_policys() -> None:
    job = placed("datacenter == dc1", "node.datacenter = dc2,dc3", "${node.datacenter} == dc1")

    assert job["Datacenters"] == ["dc1", "dc2", "dc3"]
    assert job["Constraints"] == []


def test_a_datacenter_that_is_excluded_is_a_constraint() -> None:
    job = placed("datacenter != dc1")

    assert job["Datacenters"] == ["*"]
    assert job["Constraints"] == [
        {"LTarget": "${node.datacenter}", "Operand": "!=", "RTarget": "dc1"}
    ]


def test_a_node_pool_named_by_a_rule_replaces_the_policys() -> None:
    job = placed("node.pool == gpu", "meta.zone == a")

    assert job["NodePool"] == "gpu"
    assert job["Constraints"] == [{"LTarget": "${meta.zone}", "Operand": "=", "RTarget": "a"}]


@pytest.mark.parametrize(
    ("constraints", "field"),
    [
        (["meta.a == b", "two words"], "constraints[1]"),
        (["datacenter == dc 1"], "constraints[0]"),
        (["datacenter == dc1,"], "constraints[0]"),
        (["node.pool == a", "node.pool == b"], "constraints[1]"),
        (["node.pool == a b"], "constraints[0]"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_by_its_place(
    constraints: list[str], field: str
) -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        placed(*constraints)

    assert refused.value.field == field


def test_affinities_are_rules_with_a_weight() -> None:
    job = job_of(annotated(affinity="meta.zone == a weight=-70; node.class regexp ^big\n"))

    assert job["Affinities"] == [
        {"LTarget": "${meta.zone}", "Operand": "=", "RTarget": "a", "Weight": -70},
        {"LTarget": "${node.class}", "Operand": "regexp", "RTarget": "^big", "Weight": 50},
    ]


def test_spreads_are_attributes_with_shares() -> None:
    job = job_of(annotated(spread="datacenter weight=70 dc1:60 dc2:40%\nmeta.rack"))

    assert job["Spreads"] == [
        {
            "Attribute": "${node.datacenter}",
            "Weight": 70,
            "SpreadTarget": [{"Value": "dc1", "Percent": 60}, {"Value": "dc2", "Percent": 40}],
        },
        {"Attribute": "${meta.rack}", "Weight": 50},
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("affinity", "meta.zone a"),
        ("affinity", "meta.zone == a weight=0"),
        ("affinity", "meta.zone == a weight=101"),
        ("affinity", "meta.zone == a weight=much"),
        ("affinity", "meta.zone is_set"),
        ("affinity", "distinct_hosts"),
        ("spread", "zone"),
        ("spread", "meta.zone weight=-1"),
        ("spread", "meta.zone a:60 b:50"),
        ("spread", "meta.zone a:60 a:10"),
        ("spread", "meta.zone a"),
        ("spread", "meta.zone a:1000"),
    ],
)
def test_a_preference_that_cannot_be_read_is_refused_by_its_annotation(
    name: str, text: str
) -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        job_of(annotated(**{name: text}))

    assert refused.value.field == f'annotations["com.openfaas.nomad.{name}"]'


def test_empty_preferences_are_none() -> None:
    assert job_of(annotated(affinity=" ; \n"))["Affinities"] == []
