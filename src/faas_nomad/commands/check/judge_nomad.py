"""Is this Nomad one that functions can run on, with this token. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from faas_nomad.commands.check.facts import NomadFacts
from faas_nomad.commands.check.findings import Finding, failure, ok, warning
from faas_nomad.settings.page import Settings
from faas_nomad.translate.cluster import DRIVERS_BY_PREFERENCE
from faas_nomad.translate.nomad_rights import capability_words, variable_words
from faas_nomad.translate.nomad_version import (
    LEAST,
    TASK_SECRETS,
    agent_version,
    has_events_for_identities,
    oldest_version,
    version_of,
)

TRIED_VERSION = (1, 9, 0)
POLICY_FILE = "provisioning/nomad/faas-nomad.policy.hcl"
MASTERS, COPIES, SCALING = "openfaas/secrets/*", "nomad/jobs/{prefix}*", "openfaas/scaling/*"


@dataclass(frozen=True)
class Right:
    """One right, the probe that shows it, and what goes wrong without it."""

    probe: str
    name: str
    without: str
    path: str = ""
    """Of variables; empty for a capability of the namespace."""
    is_needed: bool = True


# On variables, "list" comes with "read" and with "write".
RIGHTS = (
    Right("list-jobs", "list-jobs", "no function is seen"),
    Right("read-job", "read-job", "replicas and updates are not seen"),
    Right("submit-job", "submit-job", "nothing can be deployed, updated, scaled or removed"),
    Right("read-logs", "read-logs", "faas-cli logs shows nothing", is_needed=False),
    *(
        Right(f"{kind}-{name}", name, without, path)
        for kind, path in (("masters", MASTERS), ("copies", COPIES))
        for name, without in (
            ("read", "secrets cannot reach functions"),
            ("write", "secrets cannot be kept"),
            ("destroy", "secrets cannot be removed"),
        )
    ),
    *(
        Right(
            f"scaling-{name}",
            name,
            "functions neither sleep nor follow their load",
            SCALING,
            is_needed=False,
        )
        for name in ("read", "write", "destroy")
    ),
)


def judge_nomad(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    """Yield what to say of the token, the version, the namespace and the nodes."""
    if _is_refused(facts):
        is_set = settings.nomad.token or settings.nomad.token_file
        yield failure(
            "Nomad token",
            "Nomad refuses whatever is asked with it"
            if is_set
            else "none is set, and Nomad answers nothing without one",
            "set nomad_token or nomad_token_file to a token of this cluster that has not expired; "
            f"{POLICY_FILE} is the policy that it needs",
        )
        return
    yield from _version(settings, facts)
    yield from _regions(settings, facts)
    yield from _namespace(settings, facts)
    yield from _rights(settings, facts)
    yield from _nodes(settings, facts)
    yield from _oversubscription(settings, facts)


def _is_refused(facts: NomadFacts) -> bool:
    asked = [answer for answer in facts.answers.values() if answer.status]
    return bool(asked) and all(answer.is_denied for answer in [*asked, facts.nodes])


def _version(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
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
    return oldest_version(_nodes_of(facts))


def _namespace(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    name = settings.nomad.namespace
    if facts.namespace.status == 200:
        yield ok("Nomad namespace", f'"{name}" is there')
        return
    if facts.namespace.status == 404:
        text = f'there is no namespace "{name}"'
    else:
        text = f'there is no namespace "{name}", or the token has no right in it'
    yield failure(
        "Nomad namespace",
        text,
        f"nomad namespace apply {name}, and a block for it in the policy; or set nomad_namespace",
    )


def _regions(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    """Say which regions are none; those that are away are still known."""
    wanted = [name for name in (settings.nomad.region, *settings.nomad.regions) if name]
    if facts.regions.status != 200 or not wanted:
        return
    there = [str(name) for name in facts.regions.body or []]
    missing = [name for name in wanted if name not in there]
    if missing:
        yield failure(
            "Nomad regions",
            f"there is no {', '.join(missing)} among {', '.join(there) or 'none'}",
            "set nomad_region and nomad_regions to those, or federate the others "
            "(nomad server join)",
        )
    else:
        yield ok("Nomad regions", ", ".join(wanted))


def _rights(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    namespace = settings.nomad.namespace
    unknown: list[str] = []
    lacking = 0
    for right in RIGHTS:
        if not _is_used(right, settings):
            continue
        answer = facts.answers.get(right.probe)
        if answer is None or not answer.status:
            unknown.append(right.probe)
        elif answer.is_denied:
            lacking += 1
            yield _lacking(right, settings, namespace)
    if not lacking:
        but = f" (not to be tried now: {', '.join(unknown)})" if unknown else ""
        yield ok("Nomad token", f"it has every right that is needed{but}")


def _is_used(right: Right, settings: Settings) -> bool:
    if right.path == MASTERS:
        return settings.functions.secrets_backend == "nomad"
    return right.path != SCALING or settings.scaling.autoscaler == "builtin"


def _lacking(right: Right, settings: Settings, namespace: str) -> Finding:
    path = right.path.format(prefix=settings.job.name_prefix)
    words = (
        variable_words(right.name, path, namespace)
        if path
        else capability_words(right.name, namespace)
    )
    make = failure if right.is_needed else warning
    return make(
        "Nomad token",
        f"it lacks {words}: {right.without}",
        f"add it to the token's policy; {POLICY_FILE} has all that is needed",
    )


def _nodes(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    if facts.nodes.is_denied:
        yield warning(
            "Nomad token",
            'it lacks node { policy = "read" }: drivers and the speed of cores are assumed',
            f"add it to the token's policy ({POLICY_FILE}), or set job_driver and mhz_per_core",
        )
        return
    usable = [node for node in _nodes_of(facts) if is_usable(node, settings)]
    if not usable:
        yield failure(
            "Nomad nodes",
            f"no ready node in the pool {settings.job.node_pool!r} and the datacenters "
            f"{','.join(settings.job.datacenters)}",
            "start Nomad clients, make them eligible, or set job_node_pool and job_datacenters",
        )
        return
    yield ok("Nomad nodes", f"{len(usable)} ready for functions")
    yield _driver(settings, {driver for node in usable for driver in healthy_drivers(node)})


def _driver(settings: Settings, there: set[str]) -> Finding:
    wanted = settings.job.driver
    shown = ", ".join(sorted(there)) or "none"
    if wanted == "auto":
        chosen = next((driver for driver in DRIVERS_BY_PREFERENCE if driver in there), "")
        if chosen:
            return ok("driver", f"{chosen} (job_driver auto; nodes have {shown})")
        return failure(
            "driver",
            f"no node has one of {', '.join(DRIVERS_BY_PREFERENCE)}; nodes have {shown}",
            "install Docker or Podman on the nodes, or allow exec or raw_exec in their agents",
        )
    if wanted in there:
        return ok("driver", f"{wanted} is on the nodes")
    return failure(
        "driver",
        f"job_driver is {wanted}, and no ready node has it; nodes have {shown}",
        f"install or allow {wanted} on the nodes, or set job_driver to one that is there",
    )


def _oversubscription(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    if not settings.job.memory_oversubscription or facts.scheduler.status != 200:
        return
    config = facts.scheduler.body.get("SchedulerConfig") or {}
    if not config.get("MemoryOversubscriptionEnabled"):
        yield warning(
            "memory_oversubscription",
            "it is set, and Nomad's scheduler does not allow it: functions get no more memory "
            "than they request",
            "nomad operator scheduler set-config -memory-oversubscription=true",
        )


def is_usable(node: Mapping[str, Any], settings: Settings) -> bool:
    """Return whether functions can be placed on the node as the settings are."""
    job = settings.job
    datacenter = str(node.get("Datacenter", ""))
    return (
        node.get("Status") == "ready"
        and node.get("SchedulingEligibility") == "eligible"
        and job.node_pool in ("all", node.get("NodePool") or "default")
        and any(fnmatchcase(datacenter, pattern) for pattern in job.datacenters)
    )


def healthy_drivers(node: Mapping[str, Any]) -> set[str]:
    """Return the drivers that work on the node."""
    drivers = node.get("Drivers") or {}
    return {name for name, state in drivers.items() if state and state.get("Healthy")}


def _nodes_of(facts: NomadFacts) -> list[Mapping[str, Any]]:
    return facts.nodes.body if facts.nodes.status == 200 and facts.nodes.body else []
