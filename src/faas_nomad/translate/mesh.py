"""A function in Consul's service mesh: its registration with a sidecar. Pure.

Nomad has sidecars in networks of an allocation's own alone (`nomad/job_endpoint_hook_connect.go`),
so nothing but the sidecar has a port on the node. Consul's agent there checks the function at its
own address; whether its sidecar lets us in is for our own probe.
"""

from typing import Any

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.network import FUNCTION_PORT
from faas_nomad.translate.policy import BuiltInProxy, JobPolicy
from faas_nomad.translate.written import Written

SIDECAR_LABEL = "connect-proxy-"
ENVOY_LIMITS = {"local_request_timeout_ms": 0, "local_idle_timeout_ms": 0}
"""None of its own: for `http` services it would end every exchange after 15 s, a stream too."""
SIDECAR_CPU_MHZ = 100
SIDECAR_MEMORY_MB = 128
"""Of Consul's own proxy; what it writes to its logs is little."""


def is_in_mesh(written: Written, policy: JobPolicy) -> bool:
    """Return whether the function is in the mesh.

    Raises:
        InvalidDeploymentError: It asks for it, and there is none here or it cannot be.
    """
    asked = written.flag("connect", policy.mesh.use == "on")
    if not asked:
        return False
    if policy.mesh.use == "off":
        raise written.refuse("connect", "false: consul_connect is off")
    if written.has("upstream_tls"):
        raise written.refuse("upstream_tls", "left out: in the mesh the sidecar speaks TLS")
    if written.flag("direct_routing", False):
        raise written.refuse("direct_routing", "false: in the mesh only members reach the function")
    if written.text("check") == "tcp":
        raise written.refuse("check", "http or none: Nomad has no tcp checks in Consul's mesh")
    return True


def mesh_parts(name: str, policy: JobPolicy, checks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a service in the mesh has besides, or in place of, what every service has.

    Raises:
        InvalidDeploymentError: Consul's mesh takes no such name.
    """
    if name != name.lower():
        raise InvalidDeploymentError("service", name, "a lower-case name in Consul's service mesh")
    sidecar = policy.mesh.sidecar
    return {
        "PortLabel": str(FUNCTION_PORT),
        "AddressMode": "alloc",
        "Checks": [{**check, "AddressMode": "alloc"} for check in checks],
        "Connect": {
            # It looks every 10 s, the first time too: a replica would wait for it.
            "SidecarService": {
                "DisableDefaultTCPCheck": bool(checks),
                **({} if sidecar else {"Proxy": {"Config": dict(ENVOY_LIMITS)}}),
            },
            **({"SidecarTask": _built_in(name, sidecar)} if sidecar else {}),
        },
    }


def _built_in(name: str, proxy: BuiltInProxy) -> dict[str, Any]:
    """Return the task of Consul's own proxy.

    It is told where to listen: with `-sidecar-for` it would take the registered address, which is
    the node's and not in the function's network (consul `connect/proxy/config.go`).
    """
    port = "${NOMAD_PORT_" + (SIDECAR_LABEL + name).replace("-", "_") + "}"
    listen = ["-listen", f"0.0.0.0:{port}", "-service-addr", f"127.0.0.1:{FUNCTION_PORT}"]
    address = ["-http-addr", proxy.http_addr] if proxy.http_addr else []
    token = ["-token-file", "${NOMAD_SECRETS_DIR}/si_token"] if proxy.has_token else []
    arguments = ["connect", "proxy", "-service", name, *listen, *address, *token]
    return {
        "Driver": proxy.driver,
        "Config": {"command": proxy.command, "args": arguments},
        "Resources": {"CPU": SIDECAR_CPU_MHZ, "MemoryMB": SIDECAR_MEMORY_MB},
        "LogConfig": {"MaxFiles": 2, "MaxFileSizeMB": 2},
    }
