"""Starts a development Nomad, the real one or the stand-in, and stops it by its process id."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

READY_WITHIN_S = 90.0
STOPPED_WITHIN_S = 20.0
POLL_S = 0.1
_LEFT_OUT = ("AWS_CA_BUNDLE", "NOMAD_ADDR", "NOMAD_TOKEN", "NOMAD_NAMESPACE", "NOMAD_REGION")
"""AWS_CA_BUNDLE stops an agent at start-up; the others would lead its client elsewhere."""

CONFIG = """
bind_addr = "127.0.0.1"
ports {{
  http = {http}
  rpc = {rpc}
  serf = {serf}
}}
advertise {{
  http = "127.0.0.1"
  rpc = "127.0.0.1"
  serf = "127.0.0.1"
}}
client {{
  network_interface = "{loopback}"
  options = {{
    "fingerprint.denylist" = "env_aws,env_gce,env_azure,env_digitalocean"
  }}
}}
consul {{
  auto_advertise = false
  server_auto_join = false
  client_auto_join = false
}}
plugin "raw_exec" {{
  config {{
    enabled = true
  }}
}}
"""


class AgentError(RuntimeError):
    """The agent ended or was not ready in time; the text says where its log is."""


@dataclass(frozen=True)
class Agent:
    """A running Nomad."""

    address: str
    pid: int


@contextmanager
def real_agent(binary: Path, folder: Path) -> Iterator[Agent]:
    """Run `nomad agent -dev` with its files in `folder` until the block ends.

    Raises:
        AgentError: It ended, or had no ready node in time.
    """
    http = 4646 if is_free(4646) else free_port()
    config = folder / "agent.hcl"
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    config.write_text(
        CONFIG.format(http=http, rpc=free_port(), serf=free_port(), loopback=loopback)
    )
    command = [str(binary), "agent", "-dev", "-config", str(config)]
    environment = child_environment(os.environ) | {"TMPDIR": str(folder)}
    try:
        with running(command, folder / "nomad.log", environment) as process:
            address = f"http://127.0.0.1:{http}"
            wait_until_ready(address, process, folder / "nomad.log")
            yield Agent(address, process.pid)
    finally:
        end_what_is_left(folder)


@contextmanager
def embedded_agent(folder: Path) -> Iterator[Agent]:
    """Run this project's stand-in for Nomad until the block ends. Raises: AgentError."""
    port = 4646 if is_free(4646) else free_port()
    command = [sys.executable, "-m", "faas_nomad.embedded", "--port", str(port)]
    log = folder / "stand-in.log"
    with running(command, log, child_environment(os.environ)) as process:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(address, process, log)
        yield Agent(address, process.pid)


@contextmanager
def running(
    command: list[str], log: Path, environment: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `command` in a session of its own, its output in `log`; stopped when the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask the process to end, and end it after 20 s."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_what_is_left(folder: Path) -> None:
    """End the task processes and mounts below `folder` that an agent left behind.

    It leaves those of a job that was purged just before: their stop was still to come. Tasks name
    the folder in their command, the collectors of their logs only in the environment.
    """
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            named = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if str(folder).encode() in named and int(process.name) != os.getpid():
                os.kill(int(process.name), signal.SIGKILL)
    with suppress(OSError):
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in sorted((m for m in mounts if m.startswith(f"{folder}/")), reverse=True):
            subprocess.run(["umount", "-l", mount], check=False, capture_output=True)  # noqa: S607


def wait_until_ready(
    address: str, process: "subprocess.Popen[bytes]", log: Path, within_s: float = READY_WITHIN_S
) -> None:
    """Return once a node is ready. Raises: AgentError."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            raise AgentError(f"it ended with {process.returncode}; its log is {log}")
        if _has_ready_node(address):
            return
        time.sleep(POLL_S)
    raise AgentError(f"no node was ready after {within_s:.0f} s; its log is {log}")


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` without what would mislead a Nomad agent; pure."""
    return {key: value for key, value in environ.items() if key not in _LEFT_OUT}


def is_free(port: int) -> bool:
    """Tell whether nothing listens on the loopback port."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _has_ready_node(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/v1/nodes", timeout=2) as answer:  # noqa: S310
            return any(node["Status"] == "ready" for node in json.load(answer))
    except (OSError, ValueError):
        return False
