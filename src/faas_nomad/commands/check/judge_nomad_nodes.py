"""Are there nodes that functions can be placed on, with a driver for them. Pure."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from faas_nomad.commands.check.facts import NomadFacts
from faas_nomad.commands.check.findings import Finding, failure, ok, warning
from faas_nomad.commands.check.judge_nomad_rights import POLICY_FILE
from faas_nomad.settings.page import Settings
from faas_nomad.translate.cluster import DRIVERS_BY_PREFERENCE


def judge_nodes(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    """Yield what to say of the nodes and their drivers."""
    if facts.nodes.is_denied:
        yield warning(
            "Nomad token",
            'it lacks node { policy = "read" }: drivers and the speed of cores are assumed',
            f"add it to the token's policy ({POLICY_FILE}), or set job_driver and mhz_per_core",
        )
        return
    usable = [node for node in facts.known_nodes if is_usable(node, settings)]
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
