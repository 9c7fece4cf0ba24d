"""What the cluster's nodes can do, as far as jobs depend on it. Pure.

Source: nomad `api/nodes.go` (`GET /v1/nodes?resources=true`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from faas_nomad.translate.nomad_version import oldest_version

DRIVERS_BY_PREFERENCE = ("docker", "podman", "exec", "raw_exec")
FALLBACK_MHZ_PER_CORE = 2000


@dataclass(frozen=True)
class ClusterFacts:
    """Drivers that some ready node has healthy, and the least that a core is worth."""

    drivers: frozenset[str]
    mhz_per_core: int
    nomad_version: str = ""
    """The oldest one among all nodes; empty if it is not known."""


def facts_from_nodes(nodes: Iterable[Mapping[str, Any]]) -> ClusterFacts:
    """Return the facts of the nodes that are ready and take new work."""
    nodes = list(nodes)
    ready = [
        n for n in nodes if n["Status"] == "ready" and n["SchedulingEligibility"] == "eligible"
    ]
    worths = [worth for node in ready if (worth := _mhz_per_core(node))]
    return ClusterFacts(
        drivers=frozenset(name for node in ready for name in _healthy_drivers(node)),
        mhz_per_core=min(worths, default=FALLBACK_MHZ_PER_CORE),
        nomad_version=oldest_version(nodes),
    )


def choose_driver(wanted: str, facts: ClusterFacts) -> str:
    """Return the driver for functions that name none; `auto` prefers containers, then chroots."""
    if wanted != "auto":
        return wanted
    found = (driver for driver in DRIVERS_BY_PREFERENCE if driver in facts.drivers)
    return next(found, DRIVERS_BY_PREFERENCE[0])


def _healthy_drivers(node: Mapping[str, Any]) -> list[str]:
    drivers = node.get("Drivers") or {}
    return [name for name, info in drivers.items() if info["Detected"] and info["Healthy"]]


def _mhz_per_core(node: Mapping[str, Any]) -> int:
    cpu = (node.get("NodeResources") or {}).get("Cpu") or {}
    cores = cpu.get("TotalCpuCores") or 0
    return int(cpu["CpuShares"] // cores) if cores else 0
