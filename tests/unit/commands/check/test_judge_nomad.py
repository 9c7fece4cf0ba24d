"""What is said of a Nomad and its token."""

from dataclasses import replace
from typing import Any

import pytest

from faas_nomad.commands.check.facts import Answer, Connection, NomadFacts
from faas_nomad.commands.check.findings import Finding, Level
from faas_nomad.commands.check.gather_nomad import is_identity
from faas_nomad.commands.check.judge_nomad import RIGHTS, judge_nomad, version_text
from faas_nomad.settings.page import Settings, settings_from
from faas_nomad.translate.nomad_version import version_of

NODE = {
    "Status": "ready",
    "SchedulingEligibility": "eligible",
    "Datacenter": "eu-1",
    "NodePool": "default",
    "Version": "1.10.5",
    "Drivers": {"exec": {"Healthy": True}, "docker": {"Healthy": False}},
}
GOOD = NomadFacts(
    Connection("a"),
    answers={right.probe: Answer(200) for right in RIGHTS},
    nodes=Answer(200, body=[NODE]),
    namespace=Answer(200),
)


def judged(facts: NomadFacts = GOOD, settings: Settings | None = None) -> list[Finding]:
    return list(judge_nomad(settings or Settings(), facts))


def bad(facts: NomadFacts = GOOD, settings: Settings | None = None) -> list[Finding]:
    return [one for one in judged(facts, settings) if one.level is not Level.OK]


def lacking(probe: str) -> NomadFacts:
    return replace(GOOD, answers={**GOOD.answers, probe: Answer(403)})


def of_nodes(*nodes: dict[str, Any]) -> NomadFacts:
    return replace(GOOD, nodes=Answer(200, body=list(nodes)))


def test_a_good_nomad_asks_for_nothing() -> None:
    assert bad() == []
    assert {one.subject for one in judged()} == {
        "Nomad version",
        "Nomad namespace",
        "Nomad token",
        "Nomad nodes",
        "driver",
    }


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.probe)
def test_each_lacking_right_is_named(right: Any) -> None:
    [found] = bad(lacking(right.probe))

    assert found.level is (Level.FAILURE if right.is_needed else Level.WARNING)
    assert f'"{right.name}"' in found.text
    assert '"default"' in found.text
    assert right.without in found.text
    assert right.path.format(prefix="openfaas-") in found.text
    assert "faas-nomad.policy.hcl" in found.advice


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("a-b", "Nomad refuses whatever is asked with it"),
        ("", "none is set, and Nomad answers nothing without one"),
    ],
)
def test_a_token_that_is_refused_everywhere_is_one_finding(token: str, said: str) -> None:
    denied = {right.probe: Answer(403) for right in RIGHTS}
    settings = settings_from({"nomad_token": token})
    found = judged(replace(GOOD, answers=denied, nodes=Answer(403), agent=Answer(403)), settings)

    assert [one.text for one in found] == [said]


def test_what_could_not_be_tried_is_told() -> None:
    untried = replace(GOOD, answers={**GOOD.answers, "read-logs": Answer(0, "no function runs")})
    [token] = [one for one in judged(untried) if one.subject == "Nomad token"]

    assert token.text.endswith("(not to be tried now: read-logs)")


def test_masters_of_secrets_matter_only_where_nomad_keeps_them() -> None:
    vault = settings_from({"secrets_backend": "vault"})

    assert bad(lacking("masters-write"), vault) == []
    assert len(bad(lacking("copies-write"), vault)) == 1


def test_rights_to_scale_matter_only_to_the_autoscaler_that_is_built_in() -> None:
    assert len(bad(lacking("scaling-write"))) == 1
    assert bad(lacking("scaling-write"), settings_from({"autoscaler": "off"})) == []


@pytest.mark.parametrize(
    ("version", "level"),
    [("1.7.7", Level.FAILURE), ("1.8.4", Level.WARNING), ("1.10.0-beta.1", Level.OK)],
)
def test_old_versions_are_told_of(version: str, level: Level) -> None:
    agent = Answer(200, body={"config": {"Version": {"Version": version}}})
    [found] = [one for one in judged(replace(GOOD, agent=agent)) if one.subject == "Nomad version"]

    assert (found.level, version in found.text) == (level, True)


@pytest.mark.parametrize(
    ("version", "is_enough"),
    [("1.8.9", False), ("1.8.10", True), ("1.9.4", False), ("1.9.6", True), ("1.11.1", True)],
)
def test_a_workload_identity_asks_for_a_nomad_that_lets_it_follow_events(
    version: str, is_enough: bool
) -> None:
    site = replace(of_nodes({**NODE, "Version": version}), is_identity=True)
    found = [one for one in bad(site) if "workload identity" in one.text]

    assert (found == []) == is_enough
    assert is_identity("eyJhbGciOi.eyJhdWQi.c2ln")
    assert not is_identity("2be7c805-65f7-ca3e-2c3e-ef15d7add105")


def test_a_registry_secret_asks_for_a_nomad_that_hands_logins_to_drivers() -> None:
    settings = settings_from({"registry_secret": "pull"})
    [found] = [one for one in bad(GOOD, settings) if one.subject == "Nomad version"]

    assert found.text == "1.10.5 hands no registry logins to drivers: registry_secret is of no use"
    assert bad(of_nodes({**NODE, "Version": "1.11.1"}), settings) == []


def test_without_the_agent_the_oldest_node_tells_the_version() -> None:
    assert version_text(of_nodes(NODE, {**NODE, "Version": "1.9.7"})) == "1.9.7"
    assert version_text(of_nodes()) == ""
    assert version_of("v1.11.1+ent") == (1, 11, 1)
    assert version_of("dev") is None


@pytest.mark.parametrize("status", [403, 404])
def test_a_namespace_that_is_not_there_is_a_failure(status: int) -> None:
    [found] = bad(replace(GOOD, namespace=Answer(status)), settings_from({"nomad_namespace": "x"}))

    assert 'there is no namespace "x"' in found.text
    assert "nomad namespace apply x" in found.advice


@pytest.mark.parametrize(
    "node",
    [
        {**NODE, "Status": "down"},
        {**NODE, "SchedulingEligibility": "ineligible"},
        {**NODE, "Datacenter": "us-1"},
        {**NODE, "NodePool": "gpu"},
    ],
)
def test_nodes_that_take_no_functions_do_not_count(node: dict[str, Any]) -> None:
    settings = settings_from({"job_datacenters": ("eu-*",)})

    assert bad(of_nodes(NODE), settings) == []
    assert [one.subject for one in bad(of_nodes(node), settings)] == ["Nomad nodes"]


def test_a_driver_that_no_node_has_is_a_failure() -> None:
    [found] = bad(settings=settings_from({"job_driver": "docker"}))

    assert found.text == "job_driver is docker, and no ready node has it; nodes have exec"


def test_auto_needs_one_of_its_drivers() -> None:
    [found] = bad(of_nodes({**NODE, "Drivers": {"qemu": {"Healthy": True}}}))

    assert found.text.endswith("nodes have qemu")


def test_oversubscription_that_the_scheduler_does_not_allow_is_told_of() -> None:
    settings = settings_from({"memory_oversubscription": True})
    off, on = (
        replace(
            GOOD,
            scheduler=Answer(200, body={"SchedulerConfig": {"MemoryOversubscriptionEnabled": x}}),
        )
        for x in (False, True)
    )

    assert [one.subject for one in bad(off, settings)] == ["memory_oversubscription"]
    assert bad(on, settings) == []
    assert bad(off) == []


def test_regions_that_nomad_does_not_know_are_named() -> None:
    facts = replace(GOOD, regions=Answer(200, body=["east", "west"]))
    both = settings_from({"nomad_region": "east", "nomad_regions": ("west",)})
    one = settings_from({"nomad_region": "east", "nomad_regions": ("north",)})

    assert bad(facts, both) == []
    [found] = bad(facts, one)
    assert (found.subject, found.text) == (
        "Nomad regions",
        "there is no north among east, west",
    )
