"""When a Nomad agent can be used: it signs workload identities and its node runs tasks."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

READY_WITHIN_S = 60.0
_POLL_S = 0.1
_LOG_TAIL_CHARS = 2000


class NomadNotReadyError(RuntimeError):
    """The agent ended or was not ready in time; the text has the end of its log."""


def wait_until_ready(
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
                token = str(ask(address, "/v1/acl/bootstrap", method="POST")["SecretID"])
            if _is_ready(address, token):
                return token
        except (OSError, ValueError, KeyError):
            pass  # not listening yet, or no leader yet
        time.sleep(_POLL_S)
    end = log_file.read_text(errors="replace")[-_LOG_TAIL_CHARS:]
    raise NomadNotReadyError(f"Nomad at {address} was not ready in {READY_WITHIN_S:g} s:\n{end}")


def wait_for_node(
    agent: "subprocess.Popen[bytes]",
    server_address: str,
    token: str,
    datacenter: str,
    log_file: Path,
) -> None:
    """Wait until the server has a ready node of the datacenter."""
    deadline_s = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline_s and agent.poll() is None:
        nodes = ask(server_address, "/v1/nodes", token)
        if any(n["Datacenter"] == datacenter and n["Status"] == "ready" for n in nodes):
            return
        time.sleep(_POLL_S)
    end = log_file.read_text(errors="replace")[-_LOG_TAIL_CHARS:]
    raise NomadNotReadyError(f"the client in {datacenter} was not ready:\n{end}")


def ask(address: str, path: str, token: str = "", method: str = "GET") -> Any:
    """Return the JSON that Nomad answers. Raises: OSError, ValueError."""
    request = urllib.request.Request(
        address + path, method=method, headers={"X-Nomad-Token": token} if token else {}
    )
    with urllib.request.urlopen(request, timeout=5) as reply:
        return json.load(reply)


def _is_ready(address: str, token: str) -> bool:
    if not ask(address, "/.well-known/jwks.json", token)["keys"]:
        return False
    nodes = ask(address, "/v1/nodes", token)
    return any(
        node["Status"] == "ready" and node["Drivers"].get("raw_exec", {}).get("Healthy")
        for node in nodes
    )
