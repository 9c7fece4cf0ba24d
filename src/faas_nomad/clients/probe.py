"""One readiness probe of one replica: does it answer now?

A bare GET over a connection of its own: nothing is pooled, as a replica is probed a few times in
its life. Any status below 400 is a yes, as for Nomad's own HTTP checks.
"""

import asyncio
import ssl
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

PROBE_TIMEOUT_S = 1.0
REPLICA_FIELD = "X-Faas-Nomad-Replica"
_MAX_STATUS_LINE = 1024
_DENIED_BY_ENVOY = b"\r\n\r\nRBAC: access denied"
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
    Consul's own proxy refuses within the handshake, Envoy after it. While the function itself is
    not there, both break the handshake off.
    """
    try:
        async with asyncio.timeout(probe.timeout_s):
            streams = await _open(host, port, probe, mesh_service)
            return streams is None or await _ask(
                streams, _head(host, port, probe), probe, in_mesh=bool(mesh_service)
            )
    except (OSError, TimeoutError, ValueError):
        return False


async def _open(host: str, port: int, probe: Probe, mesh_service: str) -> Streams | None:
    if mesh_service:
        return await probe.in_mesh(host, port, mesh_service) if probe.in_mesh else None
    name = (probe.server_name or host) if probe.tls else None
    return await asyncio.open_connection(
        host, port, limit=_MAX_STATUS_LINE, ssl=probe.tls, server_hostname=name
    )


async def _ask(streams: Streams, head: bytes, probe: Probe, *, in_mesh: bool) -> bool:
    reader, writer = streams
    try:
        if not probe.path:
            return True
        writer.write(head)
        status_line = await _status_line(reader)
        return _is_ready(status_line) or (in_mesh and await _is_refused(status_line, reader))
    finally:
        writer.transport.abort()


async def _status_line(reader: asyncio.StreamReader) -> bytes:
    """Return b"" where the connection ends without an answer."""
    with suppress(ConnectionError):
        return await reader.readline()
    return b""


async def _is_refused(status_line: bytes, reader: asyncio.StreamReader) -> bool:
    """Return whether an Envoy refuses us: without a word, or for an `http` service with its 403."""
    if not status_line.startswith(b"HTTP/1.1 403 "):
        return not status_line
    with suppress(EOFError, asyncio.LimitOverrunError):
        return bool(await reader.readuntil(_DENIED_BY_ENVOY))
    return False


def _head(host: str, port: int, probe: Probe) -> bytes:
    lines = [f"GET {probe.path} HTTP/1.1", f"Host: {host}:{port}", "Connection: close"]
    if probe.replica:
        lines.append(f"{REPLICA_FIELD}: {probe.replica}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _is_ready(status_line: bytes) -> bool:
    version, _, rest = status_line.partition(b" ")
    status = rest[:3]
    return version.startswith(b"HTTP/1.") and status.isdigit() and 200 <= int(status) < 400
