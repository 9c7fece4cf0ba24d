"""A Nomad that `faas-nomad check` finds nothing wrong with, and how one differs from it."""

from dataclasses import replace
from typing import Any

from faas_nomad.commands.check.facts import Answer, Connection, NomadFacts
from faas_nomad.commands.check.findings import Finding, Level
from faas_nomad.commands.check.judge_nomad import judge_nomad
from faas_nomad.commands.check.judge_nomad_rights import RIGHTS
from faas_nomad.settings.page import Settings

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
