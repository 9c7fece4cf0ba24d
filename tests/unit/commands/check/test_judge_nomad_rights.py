from dataclasses import replace
from typing import Any

import pytest

from faas_nomad.commands.check.facts import Answer
from faas_nomad.commands.check.findings import Level
from faas_nomad.commands.check.judge_nomad_rights import RIGHTS
from faas_nomad.settings.page import settings_from
from support.nomad_facts import GOOD, bad, judged, lacking


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.probe)
def test_each_lacking_right_is_named(right: Any) -> None:
    [found] = bad(lacking(right.probe))

    assert found.level is (Level.FAILURE if right.is_needed else Level.WARNING)
    assert f'"{right.name}"' in found.text
    assert '"default"' in found.text
    assert right.without in found.text
    assert right.path.format(prefix="openfaas-") in found.text
    assert "faas-nomad.policy.hcl" in found.advice


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
