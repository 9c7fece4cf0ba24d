"""Gathers and judges in order: the machine, Nomad, then the back ends that the settings use."""

import time
from collections.abc import Iterator, Sequence

from faas_nomad.commands.check.facts import Problem
from faas_nomad.commands.check.findings import Finding
from faas_nomad.commands.check.gather_connection import Clock
from faas_nomad.commands.check.gather_host import gather_host
from faas_nomad.commands.check.gather_nomad import gather_nomad
from faas_nomad.commands.check.gather_stores import gather_consul, gather_vault
from faas_nomad.commands.check.judge_connection import CONSUL, NOMAD, VAULT, judge_connection
from faas_nomad.commands.check.judge_host import judge_host
from faas_nomad.commands.check.judge_nomad import judge_nomad
from faas_nomad.commands.check.judge_stores import judge_consul, judge_mesh, judge_vault
from faas_nomad.settings.page import Settings


async def check(
    settings: Settings, notices: Sequence[str], clock: Clock = time.time
) -> list[Finding]:
    """Return everything that was found, the worst not first but in the order of a start."""
    findings = [*judge_host(settings, gather_host(settings), notices, clock())]
    findings += await _nomad(settings, clock)
    if settings.functions.secrets_backend == "vault":
        findings += await _vault(settings, clock)
    if settings.functions.discovery == "consul":
        findings += await _consul(settings, clock)
    return list(_once(findings))


async def _nomad(settings: Settings, clock: Clock) -> list[Finding]:
    facts = await gather_nomad(settings, clock)
    findings = [*judge_connection(NOMAD, facts.connection, clock())]
    if facts.connection.problem is Problem.NONE:
        findings += judge_nomad(settings, facts)
    return findings


async def _vault(settings: Settings, clock: Clock) -> list[Finding]:
    facts = await gather_vault(settings, clock)
    findings = [*judge_connection(VAULT, facts.connection, clock())]
    if facts.connection.problem is Problem.NONE:
        findings += judge_vault(settings.vault, facts)
    return findings


async def _consul(settings: Settings, clock: Clock) -> list[Finding]:
    facts = await gather_consul(settings, clock)
    findings = [*judge_connection(CONSUL, facts.connection, clock())]
    if facts.connection.problem is Problem.NONE:
        findings += judge_consul(facts)
    if facts.mesh is not None:
        findings += judge_mesh(settings.mesh.service, facts.mesh)
    return findings


def _once(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield each finding once: a file may be named by several settings."""
    yield from dict.fromkeys(findings)
