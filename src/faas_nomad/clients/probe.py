"""One readiness probe of one replica: does it answer now?

A bare GET over a connection of its own: nothing is pooled, as a replica is probed a few times in
its life. Any status below 400 is a yes, as for Nomad's own HTTP checks.
"""

import asyncio
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

PROBE_TIMEOUT_S = 1.0
REPLICA_FIELD = "X-Faas-Nomad-Replica"
_MAX_STATUS_LINE = 1024
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class OpenInMesh(Protocol):
    """Connects to a sidecar of Consul's service mesh; `proxy.mesh.Mesh.open_streams`."""

    def __call__(self, host: str, port: int, service: str) -> Awaitable[Streams | None]:
        """Return the streams; None where the sidecar is there and refuses us.

        Raises:
            OSError: It cannot be reached, or is not who it should be.
        """
        ...


@dataclass(frozen=True)
class Probe:
    """How a function says that it is ready; an empty path asks only for an open port."""

    path: str = "/_/health"
    first_after_s: float = 0.0
    """From the start of the replica."""
    every_s: float | None = None
    """Pause between two probes; None: as short as the wait so far allows."""
    timeout_s: float = PROBE_TIMEOUT_S
    successes: int = 1
    """Answers in a row that it takes."""
    tls: ssl.SSLContext | None = None
    """For a function that speaks TLS."""
    server_name: str = ""
    """What its certificate is for; "": the replica's address."""
    replica: str = ""
    """The allocation that is to answer; our watchdog says 421 for another's."""
    in_mesh: OpenInMesh | None = None
    """For a replica in Consul's service mesh."""


async def answers(host: str, port: int, probe: Probe, mesh_service: str = "") -> bool:
    """Return whether the replica at `host:port` is ready; never raises, takes up to its limit.

    With a `mesh_service` its sidecar is there, and the replica behind it. One that refuses us is
    taken for ready: callers are then told of the refusal, and not that there is no replica.
    """
    try:
        async with asyncio.timeout(probe.timeout_s):
            streams = await _open(host, port, probe, mesh_service)
            return streams is None or await _ask(host, port, probe, streams)
    except (OSError, TimeoutError, ValueError):
        return False


async def _open(host: str, port: int, probe: Probe, mesh_service: str) -> Streams | None:
    if mesh_service:
        return await probe.in_mesh(host, port, mesh_service) if probe.in_mesh else None
    name = (probe.server_name or host) if probe.tls else None
    return await asyncio.open_connection(
        host, port, limit=_MAX_STATUS_LINE, ssl=probe.tls, server_hostname=name
    )


async def _ask(host: str, port: int, probe: Probe, streams: Streams) -> bool:
    reader, writer = streams
    try:
        if not probe.path:
            return True
        writer.write(_head(host, port, probe))
        return _is_ready(await reader.readline())
    finally:
        writer.transport.abort()


def _head(host: str, port: int, probe: Probe) -> bytes:
    lines = [f"GET {probe.path} HTTP/1.1", f"Host: {host}:{port}", "Connection: close"]
    if probe.replica:
        lines.append(f"{REPLICA_FIELD}: {probe.replica}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _is_ready(status_line: bytes) -> bool:
    version, _, rest = status_line.partition(b" ")
    status = rest[:3]
    return version.startswith(b"HTTP/1.") and status.isdigit() and 200 <= int(status) < 400
