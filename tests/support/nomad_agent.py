"""A real Nomad agent for tests: a development agent on free ports in a folder of its own.

It is stopped by its process id. It joins no Consul, asks no cloud's metadata service, and runs
`raw_exec` tasks, which it ends when it is stopped.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from support.agent_config import ACL, listening, running_tasks
from support.mounts import unmount_below
from support.processes import kill_all_of
from support.task_ports import task_ports

READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 20.0
_POLL_S = 0.1
_KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG")
"""Everything else stays out: raw_exec tasks inherit it, and AWS_CA_BUNDLE stops the agent."""


@dataclass(frozen=True)
class NomadAgent:
    """A running agent; `token` is its management token when ACLs are on, else empty."""

    address: str
    token: str
    log_file: Path
    pid: int


class NomadNotReadyError(RuntimeError):
    """The agent ended or was not ready in time; the text has the end of its log."""


def find_nomad(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the binary from NOMAD_BIN, PATH, or this project's own tool cache."""
    named = environ.get("NOMAD_BIN") or shutil.which("nomad", path=environ.get("PATH"))
    if named:
        return Path(named)
    if find_spec("faas_nomad.tools") is None:
        return None
    find_tool: Callable[[str], Path | None] = import_module("faas_nomad.tools").find_tool
    return find_tool("nomad")


def require_nomad(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the binary; without one skip the test, or fail it where REQUIRE_REAL is set."""
    binary = find_nomad(environ)
    if binary is not None:
        return binary
    reason = "no Nomad binary: set NOMAD_BIN, put nomad on PATH, or run `make tools`"
    if environ.get("REQUIRE_REAL"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def run_nomad_agent(
    binary: Path,
    folder: Path,
    *,
    acl: bool = False,
    docker_endpoint: str = "",
    chroot: Mapping[str, str] | None = None,
    more_config: str = "",
    consul_config: str = "",
) -> Iterator[NomadAgent]:
    """Run an agent whose files are all in `folder` until the block ends.

    With the `docker_endpoint` of an engine, e.g. `unix:///run/docker.sock`, it runs containers.
    With a `chroot`, host's path → path inside, it has the drivers exec and java, for root.
    `consul_config` are further lines of its `consul` block.

    Raises:
        NomadNotReadyError: It ended, or had no ready node within 60 s.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config_file, log_file = folder / "agent.hcl", folder / "agent.log"
    http_port, rpc_port, serf_port = free_ports(3)
    drivers = ["raw_exec", "mock_driver"]
    drivers += ["docker"] if docker_endpoint else []
    drivers += ["exec", "java"] if chroot else []
    with ExitStack() as stack:
        blocks = [
            listening(http_port, rpc_port, serf_port, consul_config),
            running_tasks(stack.enter_context(task_ports()), drivers),
            ACL if acl else "",
            _docker(docker_endpoint) if docker_endpoint else "",
            _chroot(chroot or {}),
            more_config,
        ]
        config_file.write_text("".join(blocks))
        command = [str(binary), "agent", "-dev", f"-config={config_file}"]
        stack.callback(unmount_below, folder)
        stack.callback(kill_all_of, folder)
        log = stack.enter_context(log_file.open("wb"))
        agent = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=environment_in(folder), cwd=folder
        )
        stack.callback(_stop, agent)
        address = f"http://127.0.0.1:{http_port}"
        token = _wait_until_ready(agent, address, log_file, acl=acl)
        yield NomadAgent(address, token, log_file, agent.pid)


def free_ports(count: int) -> list[int]:
    """Return that many TCP ports of 127.0.0.1 which are free at the moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [int(held.getsockname()[1]) for held in sockets]


def environment_in(folder: Path) -> dict[str, str]:
    """Return what an agent needs of the environment, with its temporary files in `folder`."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return {**kept, "TMPDIR": str(folder)}


def _docker(endpoint: str) -> str:
    return f"""
plugin "docker" {{
  config {{
    endpoint         = "{endpoint}"
    allow_privileged = false
    gc {{
      dangling_containers {{ enabled = false }}
    }}
  }}
}}
"""


def _chroot(paths: Mapping[str, str]) -> str:
    lines = "\n".join(f'    "{outside}" = "{inside}"' for outside, inside in paths.items())
    return f"client {{\n  chroot_env = {{\n{lines}\n  }}\n}}\n" if paths else ""


def _wait_until_ready(
    agent: subprocess.Popen[bytes], address: str, log_file: Path, *, acl: bool
) -> str:
    """Wait for a key that signs workload identities and a ready node; return the token."""
    deadline_s = time.monotonic() + READY_WITHIN_S
    token = ""
    while time.monotonic() < deadline_s:
        if agent.poll() is not None:
            break
        try:
            if acl and not token:
                token = str(_ask(address, "/v1/acl/bootstrap", method="POST")["SecretID"])
            if _is_ready(address, token):
                return token
        except (OSError, ValueError, KeyError):
            pass  # not listening yet, or no leader yet
        time.sleep(_POLL_S)
    end = log_file.read_text(errors="replace")[-2000:]
    raise NomadNotReadyError(f"Nomad at {address} was not ready in {READY_WITHIN_S:g} s:\n{end}")


def _is_ready(address: str, token: str) -> bool:
    if not _ask(address, "/.well-known/jwks.json", token)["keys"]:
        return False
    nodes = _ask(address, "/v1/nodes", token)
    return any(
        node["Status"] == "ready" and node["Drivers"].get("raw_exec", {}).get("Healthy")
        for node in nodes
    )


def _ask(address: str, path: str, token: str = "", method: str = "GET") -> Any:
    request = urllib.request.Request(
        address + path, method=method, headers={"X-Nomad-Token": token} if token else {}
    )
    with urllib.request.urlopen(request, timeout=5) as reply:
        return json.load(reply)


def _stop(agent: subprocess.Popen[bytes]) -> None:
    if agent.poll() is not None:
        return
    agent.send_signal(signal.SIGINT)
    try:
        agent.wait(STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        agent.kill()
        agent.wait()


@contextmanager
def run_nomad_client(
    binary: Path, folder: Path, server: NomadAgent, *, datacenter: str, more_config: str = ""
) -> Iterator[NomadAgent]:
    """Run a client agent of another datacenter on `server`, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    config_file, log_file = folder / "agent.hcl", folder / "agent.log"
    http_port, rpc_port, serf_port = free_ports(3)
    with ExitStack() as stack:
        listens = listening(http_port, rpc_port, serf_port)
        tasks = running_tasks(stack.enter_context(task_ports()))
        config_file.write_text(
            f"""{listens}{tasks}{more_config}
datacenter = "{datacenter}"
data_dir   = "{folder}/data"
client {{
  enabled = true
  server_join {{
    retry_join = ["127.0.0.1:{rpc_port_of(server)}"]
  }}
}}
"""
        )
        stack.callback(unmount_below, folder)
        stack.callback(kill_all_of, folder)
        log = stack.enter_context(log_file.open("wb"))
        agent = subprocess.Popen(
            [str(binary), "agent", f"-config={config_file}"],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment_in(folder),
            cwd=folder,
        )
        stack.callback(_stop, agent)
        _wait_for_node(agent, server, datacenter, log_file)
        yield NomadAgent(server.address, server.token, log_file, agent.pid)


def rpc_port_of(agent: NomadAgent) -> int:
    """Return the port that clients and other servers reach this server at."""
    found = _ask(agent.address, "/v1/agent/self", agent.token)
    return int(found["config"]["Ports"]["RPC"])


def _wait_for_node(
    agent: "subprocess.Popen[bytes]", server: NomadAgent, datacenter: str, log_file: Path
) -> None:
    deadline_s = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline_s and agent.poll() is None:
        nodes = _ask(server.address, "/v1/nodes", server.token)
        if any(n["Datacenter"] == datacenter and n["Status"] == "ready" for n in nodes):
            return
        time.sleep(_POLL_S)
    end = log_file.read_text(errors="replace")[-2000:]
    raise NomadNotReadyError(f"the client in {datacenter} was not ready:\n{end}")
