"""A Nomad and faas-nomad of their own for a benchmark, on free ports, gone with its block."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faas_nomad.dev.agent import child_environment, free_port, real_agent, running
from faas_nomad.tools import obtain_tool


@dataclass(frozen=True)
class Desk:
    """Where the two answer: `http://HOST:PORT`."""

    nomad_url: str
    service_url: str


@contextmanager
def desk(*flags: str) -> Iterator[Desk]:
    """Run both, the service with the driver raw_exec and `flags`; it may not answer yet."""
    binary = obtain_tool("nomad")
    with tempfile.TemporaryDirectory() as folder, real_agent(binary, Path(folder)) as agent:
        port = free_port()
        environment = child_environment(os.environ) | {"NOMAD_ADDR": agent.address}
        listen = ["--host", "127.0.0.1", "--gateway-port", str(port), "--port", str(free_port())]
        serve = [sys.executable, "-m", "faas_nomad", "serve", *listen, "--job-driver", "raw_exec"]
        with running([*serve, *flags], Path(folder) / "service.log", environment):
            yield Desk(agent.address, f"http://127.0.0.1:{port}")
