"""A real Nomad agent for tests: a development agent on free ports in a folder of its own.

It is stopped by its process id. It joins no Consul, asks no cloud's metadata service, and runs
`raw_exec` tasks, which it ends when it is stopped.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.agent_config import ACL, chroot, docker, listening, running_tasks
from support.mounts import unmount_below
from support.nomad_ready import wait_until_ready
from support.ports import free_ports
from support.processes import kill_all_of
from support.task_ports import task_ports

STOPPED_WITHIN_S = 20.0
_KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG")
"""Everything else stays out: raw_exec tasks inherit it, and AWS_CA_BUNDLE stops the agent."""


@dataclass(frozen=True)
class NomadAgent:
    """A running agent; `token` is its management token when ACLs are on, else empty."""

    address: str
    token: str
    log_file: Path
    pid: int


@contextmanager
def run_nomad_agent(
    binary: Path,
    folder: Path,
    *,
    acl: bool = False,
    docker_endpoint: str = "",
    podman_config: str = "",
    chroot_files: Mapping[str, str] | None = None,
    more_config: str = "",
    consul_config: str = "",
) -> Iterator[NomadAgent]:
    """Run an agent whose files are all in `folder` until the block ends.

    With the `docker_endpoint` of an engine, e.g. `unix:///run/docker.sock`, it runs containers.
    With `podman_config`, from `support.podman_engine`, those too.
    With `chroot_files`, host's path → path inside, it has the drivers exec and java, for root.
    `consul_config` are further lines of its `consul` block.

    Raises:
        NomadNotReadyError: It ended, or had no ready node within 60 s.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config_file, log_file = folder / "agent.hcl", folder / "agent.log"
    http_port, rpc_port, serf_port = free_ports(3)
    drivers = ["raw_exec", "mock_driver"]
    drivers += ["docker"] if docker_endpoint else []
    drivers += ["podman"] if podman_config else []
    drivers += ["exec", "java"] if chroot_files else []
    with ExitStack() as stack:
        blocks = [
            listening(http_port, rpc_port, serf_port, consul_config),
            running_tasks(stack.enter_context(task_ports()), drivers),
            ACL if acl else "",
            docker(docker_endpoint),
            podman_config,
            chroot(chroot_files or {}),
            more_config,
        ]
        config_file.write_text("".join(blocks))
        command = [str(binary), "agent", "-dev", f"-config={config_file}"]
        agent = stack.enter_context(running_agent(command, log_file))
        address = f"http://127.0.0.1:{http_port}"
        token = wait_until_ready(agent, address, log_file, acl=acl)
        yield NomadAgent(address, token, log_file, agent.pid)


@contextmanager
def running_agent(command: Sequence[str], log_file: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run an agent whose files are in the folder of `log_file`, then end it and all its tasks."""
    folder = log_file.parent
    with ExitStack() as stack:
        stack.callback(unmount_below, folder)
        stack.callback(kill_all_of, folder)
        log = stack.enter_context(log_file.open("wb"))
        agent = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=environment_in(folder), cwd=folder
        )
        stack.callback(_stop, agent)
        yield agent


def environment_in(folder: Path) -> dict[str, str]:
    """Return what an agent needs of the environment, with its temporary files in `folder`."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return {**kept, "TMPDIR": str(folder)}


def _stop(agent: subprocess.Popen[bytes]) -> None:
    if agent.poll() is not None:
        return
    agent.send_signal(signal.SIGINT)
    try:
        agent.wait(STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        agent.kill()
        agent.wait()
