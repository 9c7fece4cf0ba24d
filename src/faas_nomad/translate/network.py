"""A function's port and the network it is on. Pure.

`NOMAD_PORT_http` is the port's `To` where it has one, else the host's port, so the variable `port`
is right on every network. On the host's own network `To` means nothing and must be left out.
"""

import re
from typing import Any

from faas_nomad.translate.annotations import Written
from faas_nomad.translate.drivers.base import Driver
from faas_nomad.translate.policy import EmbeddedWatchdog, JobPolicy

FUNCTION_PORT = 8080
"""Where a function listens in a network of its own (faas-provider)."""
METRICS_PORT = 8081
"""of-watchdog's metrics listener, which no setting moves: two on one host exit."""
PORT_LABEL = "http"
METRICS_LABEL = "watchdog-metrics"

_MODE = re.compile(r"auto|host|bridge|cni/[A-Za-z0-9_-]{1,64}")


def network_mode(driver: Driver, written: Written, policy: JobPolicy) -> str:
    """Return `host`, `bridge`, `cni/NAME`, or `""` for published ports of a container.

    The installation's mode gives way for a driver that knows the host's network alone.

    Raises:
        InvalidDeploymentError: The annotation asks for what there is not.
    """
    asked = written.text("network_mode", policy.network_mode or "auto")
    if written.has("network_mode") and not _MODE.fullmatch(asked):
        raise written.refuse("network_mode", "auto, host, bridge or cni/NAME")
    if not driver.has_bridge and asked not in ("auto", "host"):
        if written.has("network_mode"):
            raise written.refuse("network_mode", f"host, the only network of {driver.name}")
        return "host"
    if asked == "auto":
        return "" if driver.runs_images else "host"
    return asked


def network_block(mode: str, driver: Driver, policy: JobPolicy) -> dict[str, Any]:
    """Return the group's one network."""
    to = {} if mode == "host" else {"To": FUNCTION_PORT}
    dns = {"DNS": {"Servers": list(policy.dns_servers)}} if policy.dns_servers else {}
    return {
        **({"Mode": mode} if mode else {}),
        "DynamicPorts": [{"Label": PORT_LABEL, **to}],
        **(_metrics_port() if mode == "host" and _has_metrics(driver, policy) else {}),
        **dns,
    }


def _has_metrics(driver: Driver, policy: JobPolicy) -> bool:
    if driver.runs_images:
        return True
    return driver.name != "java" and not isinstance(policy.watchdog, EmbeddedWatchdog)


def _metrics_port() -> dict[str, Any]:
    """Return a reservation, so that the scheduler puts one such watchdog on a node."""
    return {"ReservedPorts": [{"Label": METRICS_LABEL, "Value": METRICS_PORT}]}
