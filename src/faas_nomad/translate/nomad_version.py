"""Which Nomad there is, as an agent or nodes tell, and from which one something is there. Pure.

Source: nomad CHANGELOG. Nomad drops keys of a job that it does not know without a word.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

NomadVersion: TypeAlias = tuple[int, int, int]

LEAST: NomadVersion = (1, 8, 2)
"""The first whose list of statuses minds the namespace; before 1.8 there is none."""
TASK_SECRETS: NomadVersion = (1, 11, 0)
"""The task's Secrets block, by which logins reach a driver; all else in our jobs is older."""

_NUMBERS = re.compile(r"v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})")


def version_of(text: str) -> NomadVersion | None:
    """Return the three numbers that a version begins with."""
    found = _NUMBERS.match(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def has_events_for_identities(version: NomadVersion) -> bool:
    """Return whether workload identities may follow events: from 1.9.6, and from 1.8.10 in 1.8."""
    return version >= (1, 9, 6) or (1, 8, 10) <= version < (1, 9, 0)


def skips_certificates(version: NomadVersion) -> bool:
    """Return whether Nomad's own checks can ask over TLS without looking at the certificate."""
    return version >= (1, 9, 6)


def agent_version(agent: Mapping[str, Any]) -> str:
    """Return the version in the answer of `/v1/agent/self`, or nothing."""
    version = (agent.get("config") or {}).get("Version") or ""
    return str(version.get("Version", "") if isinstance(version, Mapping) else version)


def oldest_version(nodes: Iterable[Mapping[str, Any]]) -> str:
    """Return the oldest version of the nodes of `/v1/nodes`, or nothing."""
    versions = [str(node.get("Version", "")) for node in nodes]
    known = [text for text in versions if version_of(text)]
    return min(known, key=lambda text: version_of(text) or (), default="")


def shown(version: NomadVersion) -> str:
    """Return a version as users write it."""
    return ".".join(map(str, version))
