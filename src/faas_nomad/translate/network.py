"""A function's port and the network it is on. Pure.

`NOMAD_PORT_http` is the port's `To` where it has one, else the host's port, so the variable `port`
is right on every network. On the host's own network `To` means nothing and must be left out.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Any

from faas_nomad.translate.drivers.base import Driver
from faas_nomad.translate.policy import EmbeddedWatchdog, JobPolicy
from faas_nomad.translate.written import Written

FUNCTION_PORT = 8080
"""Where a function listens in a network of its own (faas-provider)."""
METRICS_PORT = 8081
"""of-watchdog's metrics listener, which no setting moves: two on one host exit."""
PORT_LABEL = "http"
METRICS_LABEL = "watchdog-metrics"

MAX_DNS_ENTRIES = 6
"""What resolvers read of a list of domains; of servers they read three."""
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_MODE = re.compile(r"auto|host|bridge|cni/[A-Za-z0-9_-]{1,64}")


def network_mode(
    driver: Driver, written: Written, policy: JobPolicy, *, in_mesh: bool = False
) -> str:
    """Return `host`, `bridge`, `cni/NAME`, or `""` for published ports of a container.

    The installation's mode gives way for a driver that knows the host's network alone.

    Raises:
        InvalidDeploymentError: The annotation asks for what there is not.
    """
    asked = written.text("network_mode", policy.network_mode or "auto")
    if written.has("network_mode"):
        _check_asked(asked, written, policy)
    if in_mesh:
        return _mesh_mode(asked, written)
    if not driver.has_bridge and asked not in ("auto", "host"):
        if written.has("network_mode"):
            raise written.refuse("network_mode", f"host, the only network of {driver.name}")
        return "host"
    if asked == "auto":
        return "" if driver.runs_images else "host"
    return asked


def _check_asked(asked: str, written: Written, policy: JobPolicy) -> None:
    if not _MODE.fullmatch(asked):
        raise written.refuse("network_mode", "auto, host, bridge or cni/NAME")
    allowed = policy.allowed_networks
    if asked not in ("auto", *allowed) and not ("cni/*" in allowed and asked.startswith("cni/")):
        raise written.refuse("network_mode", f"one of {', '.join(('auto', *allowed))}")


def _mesh_mode(asked: str, written: Written) -> str:
    """Return a network of the function's own: its sidecar is the only way in."""
    if asked in ("auto", "host") and not written.has("network_mode"):
        return "bridge"
    if asked == "host":
        raise written.refuse("network_mode", "bridge or cni/NAME in Consul's service mesh")
    return "bridge" if asked == "auto" else asked


def network_block(
    mode: str, driver: Driver, written: Written, policy: JobPolicy, *, in_mesh: bool = False
) -> dict[str, Any]:
    """Return the group's one network. In the mesh the function has no port on its node.

    Raises:
        InvalidDeploymentError: The annotations about DNS cannot be read, or have no effect.
    """
    to = {} if mode == "host" else {"To": FUNCTION_PORT}
    dns = _dns(driver, written, policy)
    return {
        **({"Mode": mode} if mode else {}),
        "DynamicPorts": [] if in_mesh else [{"Label": PORT_LABEL, **to}],
        **(_metrics_port() if mode == "host" and _has_metrics(driver, policy) else {}),
        **({"DNS": dns} if dns else {}),
    }


def _dns(driver: Driver, written: Written, policy: JobPolicy) -> dict[str, list[str]]:
    for name in ("dns_servers", "dns_searches"):
        if written.has(name) and not driver.has_resolver:
            raise written.refuse(name, f"left out: {driver.name} functions look up as their node")
    servers = _listed(written, "dns_servers", policy.dns_servers, _is_address, "IP addresses")
    searches = _listed(written, "dns_searches", policy.dns_searches, _is_domain, "domains")
    return {
        **({"Servers": servers} if servers else {}),
        **({"Searches": searches} if searches else {}),
    }


def _listed(
    written: Written,
    name: str,
    default: Sequence[str],
    is_one: Callable[[str], object],
    expected: str,
) -> list[str]:
    """Return what was written, nothing for an empty text, or the installation's own."""
    if not written.has(name):
        return list(default)
    said = [text.strip() for text in written.text(name).split(",")]
    if said == [""]:
        return []
    if len(said) > MAX_DNS_ENTRIES or not all(map(is_one, said)):
        raise written.refuse(name, f"{expected} separated by commas, at most {MAX_DNS_ENTRIES}")
    return said


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_domain(text: str) -> bool:
    return _DOMAIN.fullmatch(text) is not None


def _has_metrics(driver: Driver, policy: JobPolicy) -> bool:
    if driver.runs_images:
        return True
    return driver.name != "java" and not isinstance(policy.watchdog, EmbeddedWatchdog)


def _metrics_port() -> dict[str, Any]:
    """Return a reservation, so that the scheduler puts one such watchdog on an address of a node.

    The watchdog listens on all of them: on a node with two addresses the second one still exits.
    """
    return {"ReservedPorts": [{"Label": METRICS_LABEL, "Value": METRICS_PORT}]}
