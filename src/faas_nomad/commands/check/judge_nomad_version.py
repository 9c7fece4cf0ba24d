"""Is this Nomad new enough for what the settings ask of it. Pure."""

from collections.abc import Iterator

from faas_nomad.commands.check.facts import NomadFacts
from faas_nomad.commands.check.findings import Finding, failure, ok, warning
from faas_nomad.settings.page import Settings
from faas_nomad.translate.nomad_version import (
    LEAST,
    TASK_SECRETS,
    agent_version,
    has_events_for_identities,
    oldest_version,
    version_of,
)

TRIED_VERSION = (1, 9, 0)


def judge_version(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    """Yield the one finding about the version."""
    text = version_text(facts)
    parts = version_of(text)
    if parts is None:
        yield warning(
            "Nomad version",
            "unknown: the token may read neither the agent nor nodes",
            'grant node { policy = "read" }',
        )
    elif parts < LEAST:
        yield failure(
            "Nomad version",
            f"{text} is too old: it does not tell counts and deployments of all jobs at once",
            "update Nomad to 1.8.2 or later",
        )
    elif facts.is_identity and not has_events_for_identities(parts):
        yield warning(
            "Nomad version",
            f"{text} lets no workload identity follow events: with ACLs on nothing is known",
            "update Nomad to 1.9.6 or later, or give faas-nomad a token of its own",
        )
    elif parts < TRIED_VERSION:
        yield warning("Nomad version", f"{text} is older than what is tested", "update Nomad")
    elif parts < TASK_SECRETS and settings.job.registry_secret:
        yield warning(
            "Nomad version",
            f"{text} hands no registry logins to drivers: registry_secret is of no use",
            "update Nomad to 1.11 or later, or log in by the docker plugin's auth on the nodes",
        )
    else:
        yield ok("Nomad version", text)


def version_text(facts: NomadFacts) -> str:
    """Return the agent's version, else the oldest of a node, else nothing."""
    if facts.agent.status == 200:
        return agent_version(facts.agent.body)
    return oldest_version(facts.known_nodes)
