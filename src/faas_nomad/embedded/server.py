"""Serving the stand-in: inside a running program, or as one of its own (`__main__`)."""

import asyncio
import ipaddress
import os
import platform
import random
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from faas_nomad.embedded.constraints import NodeFacts
from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.http.app import http_app
from faas_nomad.embedded.ports import FIRST, LAST, Ports, is_port_free

MAX_CONNECTIONS = 2000
BACKLOG = 1024
"""Callers may connect from the first moment: they wait until it is served."""
_ASSUMED_MHZ = 2000
"""What a core counts for: the stand-in measures none."""


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A stand-in that is being served."""

    address: str
    engine: Engine


@asynccontextmanager
async def serve_embedded(host: str, port: int, data_dir: Path) -> AsyncIterator[EmbeddedServer]:
    """Serve a new, empty stand-in until the block ends; port 0 takes any free one.

    Raises:
        ValueError: `host` is no loopback address; the stand-in runs whatever it is told.
        OSError: The port is taken, or `data_dir` cannot be written.
    """
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"host {host}: the stand-in serves loopback addresses only")
    await asyncio.to_thread(data_dir.mkdir, parents=True, exist_ok=True)
    with _listening(host, port) as listener:
        bound = listener.getsockname()
        address = f"{bound[0]}:{bound[1]}"
        ports = Ports(random.randrange(LAST - FIRST), is_port_free)  # noqa: S311 - no secret
        engine = Engine(node_facts(host), data_dir, ports.take)
        listener.listen(BACKLOG)
        server = _QuietServer(_config(engine, address))
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        try:
            yield EmbeddedServer(f"http://{address}", engine)
        finally:
            await engine.close()
            server.should_exit = True
            await serving


def node_facts(address: str) -> NodeFacts:
    """Return the facts of the one node: this machine."""
    name, cores = platform.node() or "localhost", os.cpu_count() or 1
    machine = platform.machine().lower()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    node_id = str(uuid.uuid4())
    attributes = {
        "attr.kernel.name": platform.system().lower(),
        "attr.kernel.version": platform.release(),
        "attr.cpu.arch": {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine),
        "attr.cpu.numcores": str(cores),
        "attr.cpu.frequency": str(_ASSUMED_MHZ),
        "attr.cpu.totalcompute": str(_ASSUMED_MHZ * cores),
        "attr.memory.totalbytes": str(memory),
        "attr.unique.hostname": name,
        "attr.unique.network.ip-address": address,
        "attr.driver.raw_exec": "true",
        "node.unique.id": node_id,
        "node.unique.name": name,
        "node.datacenter": "dc1",
        "node.region": "global",
        "node.class": "",
        "node.pool": "default",
    }
    return NodeFacts(node_id, name, attributes, address=address)


class _QuietServer(uvicorn.Server):
    """A uvicorn server that leaves signals to the program it is part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _config(engine: Engine, address: str) -> uvicorn.Config:
    return uvicorn.Config(
        http_app(engine, address),
        log_config=None,
        access_log=False,
        lifespan="off",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
    )


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol's number asyncio leaves Nagle's delay on, 40 ms a reply.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        yield listener
