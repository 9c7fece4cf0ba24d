"""What is said of Vault and Consul."""

import pytest

from faas_nomad.commands.check.facts import Answer, Connection, ConsulFacts, VaultFacts
from faas_nomad.commands.check.findings import Level
from faas_nomad.commands.check.judge_stores import judge_consul, judge_mesh, judge_vault
from faas_nomad.settings.vault import VaultSettings

VAULT = VaultSettings(token="t")
THERE = Connection("a")


@pytest.mark.parametrize(
    ("facts", "subject", "advice"),
    [
        (VaultFacts(THERE, 503), "Vault", "vault operator unseal"),
        (VaultFacts(THERE, 501), "Vault", "vault operator init"),
        (VaultFacts(THERE, 200, "denied"), "Vault login", "vault_token"),
        (VaultFacts(THERE, 200, "", "denied"), "Vault secrets", "KV engine at secret"),
    ],
)
def test_each_of_vault_s_troubles_has_its_advice(
    facts: VaultFacts, subject: str, advice: str
) -> None:
    [found] = [one for one in judge_vault(VAULT, facts) if one.level is not Level.OK]

    assert (found.level, found.subject) == (Level.FAILURE, subject)
    assert advice in found.advice


def test_a_good_vault_asks_for_nothing() -> None:
    assert {one.level for one in judge_vault(VAULT, VaultFacts(THERE, 200))} == {Level.OK}


@pytest.mark.parametrize(
    ("token", "services", "said"),
    [
        (Answer(403, "ACL not found"), Answer(403), "ACL not found"),
        (Answer(200), Answer(403, "Permission denied"), "services cannot be read"),
        (Answer(200), Answer(0, "broke"), "services cannot be read"),
    ],
)
def test_a_bad_token_of_consul_is_told_of(token: Answer, services: Answer, said: str) -> None:
    [found] = judge_consul(ConsulFacts(THERE, token, services))

    assert found.level is Level.FAILURE
    assert said in found.text


def test_a_consul_without_acls_is_well() -> None:
    disabled = Answer(401, "ACL support disabled")

    [found] = judge_consul(ConsulFacts(THERE, disabled, Answer(200)))
    assert found.level is Level.OK


def test_the_right_to_be_a_service_of_the_mesh_is_named_where_it_is_missing() -> None:
    [found] = judge_mesh("faas-nomad", Answer(403, "Permission denied"))

    assert (found.level, found.subject) == (Level.FAILURE, "Consul mesh")
    assert "Permission denied" in found.text
    assert 'service "faas-nomad" { policy = "write" }' in found.advice
    [well] = judge_mesh("faas-nomad", Answer(200))
    assert well.level is Level.OK
