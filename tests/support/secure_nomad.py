"""A Nomad with ACLs and mutual TLS on one machine, provisioned by the project's own scripts."""

import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import nomad

from support.agent_config import ACL, listening, mutual_tls, running_tasks
from support.mounts import unmount_below
from support.nomad_agent import environment_in
from support.ports import free_ports
from support.processes import kill_all_of, stop
from support.shipped_jobs import DEPLOY
from support.task_ports import task_ports
from support.waiting import wait_until

PROVISIONING = DEPLOY.parent / "provisioning"
READY_WITHIN_S = 60.0


@dataclass
class SecureNomad:
    """The agent and the way in: `token` is its management token."""

    binary: Path
    folder: Path
    port: int
    pid: int
    token: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def tls(self) -> Path:
        return self.folder / "tls"

    def ask(self, method: str, path: str, json: Any = None) -> Any:
        """Return the JSON of a successful answer, asked with the management token."""
        context = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
        context.load_cert_chain(self.tls / "nomad-cli.pem", self.tls / "nomad-cli-key.pem")
        headers = {"X-Nomad-Token": self.token} if self.token else {}
        url = self.address + path
        reply = httpx.request(method, url, json=json, headers=headers, verify=context, timeout=10)
        assert reply.is_success, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    def second(self) -> "nomad.Nomad":
        """Return python-nomad with every right."""
        files = (str(self.tls / "nomad-cli.pem"), str(self.tls / "nomad-cli-key.pem"))
        return nomad.Nomad(
            host="127.0.0.1",
            port=self.port,
            secure=True,
            verify=str(self.tls / "ca.pem"),
            cert=files,
            token=self.token,
            timeout=10,
        )

    def settings(self, job_name_prefix: str) -> dict[str, str]:
        """Return a service's settings: with a token of the shipped policy for that prefix alone."""
        role = f"faas-nomad-{job_name_prefix.strip('-')}"
        script = str(PROVISIONING / "nomad" / "apply.sh")
        environment = {
            "PATH": f"{self.binary.parent}:{os.environ['PATH']}",
            "NOMAD_ADDR": self.address,
            "NOMAD_TOKEN": self.token,
            "NOMAD_CACERT": str(self.tls / "ca.pem"),
            "NOMAD_CLIENT_CERT": str(self.tls / "nomad-cli.pem"),
            "NOMAD_CLIENT_KEY": str(self.tls / "nomad-cli-key.pem"),
            "JOB_PREFIX": job_name_prefix,
            "ROLE": role,
        }
        _run([script, "default", role], environment)
        token_file = self.folder / f"{role}.token"
        token_file.write_text(self.new_token(role)["SecretID"])
        return {
            "nomad_cacert": str(self.tls / "ca.pem"),
            "nomad_client_cert": str(self.tls / "faas-nomad.pem"),
            "nomad_client_key": str(self.tls / "faas-nomad-key.pem"),
            "nomad_token_file": str(token_file),
        }

    def new_token(self, role: str) -> dict[str, Any]:
        """Return a new token with the rights of the role and no others."""
        body = {"Name": role, "Type": "client", "Roles": [{"Name": role}]}
        return dict(self.ask("PUT", "/v1/acl/token", body))


def make_certificates(folder: Path) -> None:
    """Make the lab's authority and certificates; those that are there are kept."""
    _run([str(PROVISIONING / "tls" / "apply.sh"), str(folder)], {"PATH": os.environ["PATH"]})


@contextmanager
def run_secure_nomad(
    binary: Path, folder: Path, *, consul_config: str = "", more_config: str = ""
) -> Iterator[SecureNomad]:
    """Run the agent with all its files in `folder` until the block ends.

    `consul_config` are further lines of its `consul` block.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tls = folder / "tls"
    make_certificates(tls)
    http, rpc, serf = free_ports(3)
    config = folder / "agent.hcl"
    with ExitStack() as stack:
        speaks = mutual_tls(
            *(tls / f"{name}.pem" for name in ("ca", "nomad-server", "nomad-server-key"))
        )
        tasks = running_tasks(stack.enter_context(task_ports()))
        config.write_text(
            listening(http, rpc, serf, consul_config) + ACL + speaks + tasks + more_config
        )
        stack.callback(unmount_below, folder)
        stack.callback(kill_all_of, folder)
        log = stack.enter_context((folder / "agent.log").open("wb"))
        agent = subprocess.Popen(
            [str(binary), "agent", "-dev", f"-config={config}"],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment_in(folder),
            cwd=folder,
        )
        stack.callback(stop, agent)
        running = SecureNomad(binary, folder, http, agent.pid)
        running.token = wait_until(lambda: _bootstrap(running), "ACLs are on", READY_WITHIN_S)
        wait_until(lambda: _is_ready(running), "the node is ready", READY_WITHIN_S)
        yield running


def _bootstrap(server: SecureNomad) -> str:
    try:
        return str(server.ask("POST", "/v1/acl/bootstrap")["SecretID"])
    except (AssertionError, httpx.TransportError):
        return ""


def _is_ready(server: SecureNomad) -> bool:
    nodes = server.ask("GET", "/v1/nodes")
    keys = server.ask("GET", "/.well-known/jwks.json")["keys"]
    return bool(keys) and any(
        node["Status"] == "ready" and node["Drivers"].get("raw_exec", {}).get("Healthy")
        for node in nodes
    )


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
