from dataclasses import replace

import pytest

from faas_nomad.commands.check.facts import Answer
from faas_nomad.commands.check.findings import Level
from faas_nomad.commands.check.gather_nomad import is_identity
from faas_nomad.commands.check.judge_nomad_version import version_text
from faas_nomad.settings.page import settings_from
from faas_nomad.translate.nomad_version import version_of
from support.nomad_facts import GOOD, NODE, bad, judged, of_nodes


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
