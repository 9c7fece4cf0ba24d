"""A Nomad server and a client node as two agents, so that the server can be stopped alone."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from support.agent_config import listening, running_tasks
from support.mounts import unmount_below
from support.nomad_agent import environment_in
from support.ports import free_ports
from support.processes import kill_all_of, stop
from support.task_ports import task_ports
from support.waiting import wait_until

READY_WITHIN_S = 60.0

_SERVER = """
server {
  enabled          = true
  bootstrap_expect = 1
}
"""
_CLIENT = """
client {{
  enabled = true
  servers = ["127.0.0.1:{server_rpc}"]
}}
"""


@dataclass
class NomadPair:
    """Both agents; `address` is the client's, which outlives its server."""

    binary: Path
    folder: Path
    address: str
    server_address: str
    client_pid: int = 0
    _server: "subprocess.Popen[bytes] | None" = None

    def start_server(self) -> None:
        """Start the server, the second time with what it knew, and wait for its leader."""
        self._server = _agent(self.binary, self.folder, "server", ())
        wait_until(self._has_leader, "the server leads", READY_WITHIN_S)

    def stop_server(self) -> None:
        """Stop the server; the client node and all its tasks stay."""
        if self._server is not None:
            stop(self._server)
            self._server = None

    def node_is_ready(self) -> bool:
        """Tell whether the server has the node among those that can run tasks."""
        try:
            nodes = httpx.get(f"{self.server_address}/v1/nodes", timeout=5).json()
        except (httpx.TransportError, ValueError):
            return False
        return any(node["Status"] == "ready" for node in nodes)

    def _has_leader(self) -> bool:
        try:
            keys = httpx.get(f"{self.server_address}/.well-known/jwks.json", timeout=5)
            return keys.is_success and bool(keys.json()["keys"])
        except (httpx.TransportError, ValueError):
            return False


@contextmanager
def run_nomad_pair(
    binary: Path, folder: Path, *, client_files: Sequence[Path] = (), more_config: str = ""
) -> Iterator[NomadPair]:
    """Run both agents in `folder` until the block ends; the client reads `client_files` too."""
    server_http, server_rpc, server_serf, http, rpc, serf = free_ports(6)
    pair = NomadPair(binary, folder, f"http://127.0.0.1:{http}", f"http://127.0.0.1:{server_http}")
    with ExitStack() as stack:
        tasks = running_tasks(stack.enter_context(task_ports()))
        for role, ports, config in (
            ("server", (server_http, server_rpc, server_serf), _SERVER),
            ("client", (http, rpc, serf), _CLIENT.format(server_rpc=server_rpc) + tasks),
        ):
            data = folder / role
            data.mkdir(parents=True)
            common = f'data_dir = "{data}"\n{listening(*ports)}'
            (folder / f"{role}.hcl").write_text(common + config + more_config)
        stack.callback(unmount_below, folder)
        stack.callback(kill_all_of, folder)
        stack.callback(pair.stop_server)
        pair.start_server()
        client = _agent(binary, folder, "client", client_files)
        pair.client_pid = client.pid
        stack.callback(stop, client)
        wait_until(pair.node_is_ready, "the node is ready", READY_WITHIN_S)
        yield pair


def _agent(
    binary: Path, folder: Path, role: str, files: Sequence[Path]
) -> "subprocess.Popen[bytes]":
    options = [f"-config={file}" for file in (folder / f"{role}.hcl", *files)]
    with (folder / f"{role}.log").open("ab") as log:
        return subprocess.Popen(
            [str(binary), "agent", *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment_in(folder),
            cwd=folder,
        )
