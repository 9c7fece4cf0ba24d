"""One readiness probe of one replica: does it answer now?

A bare GET over a connection of its own: nothing is pooled, as a replica is probed a few times in
its life. Any status below 400 is a yes, as for Nomad's own HTTP checks.
"""

import asyncio
import ssl
from dataclasses import dataclass

PROBE_TIMEOUT_S = 1.0
_MAX_STATUS_LINE = 1024


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


async def answers(host: str, port: int, probe: Probe) -> bool:
    """Return whether the replica at `host:port` is ready; never raises, takes up to its limit."""
    try:
        async with asyncio.timeout(probe.timeout_s):
            return await _ask(host, port, probe)
    except (OSError, TimeoutError, ValueError):
        return False


async def _ask(host: str, port: int, probe: Probe) -> bool:
    name = (probe.server_name or host) if probe.tls else None
    reader, writer = await asyncio.open_connection(
        host, port, limit=_MAX_STATUS_LINE, ssl=probe.tls, server_hostname=name
    )
    try:
        if not probe.path:
            return True
        head = f"GET {probe.path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode("ascii"))
        return _is_ready(await reader.readline())
    finally:
        writer.transport.abort()


def _is_ready(status_line: bytes) -> bool:
    version, _, rest = status_line.partition(b" ")
    status = rest[:3]
    return version.startswith(b"HTTP/1.") and status.isdigit() and 200 <= int(status) < 400
