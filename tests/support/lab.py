"""Three Nomad servers and two clients on one machine, with ACLs and mutual TLS.

Certificates and rights are made by the scripts in `provisioning/`; everything is asked for as an
operator would, by Nomad's command line. All addresses are 127.0.0.1: agents have ports of their
own, and the clients give out different ones.
"""

import os
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from support.agent_config import ACL, listening, mutual_tls, running_tasks
from support.mounts import unmount_below
from support.nomad_agent import environment_in
from support.ports import free_ports
from support.processes import kill_all_of
from support.shipped_jobs import DEPLOY
from support.task_ports import task_ports
from support.waiting import wait_until

PROVISIONING = DEPLOY.parent / "provisioning"
READY_WITHIN_S = 90.0
Json = dict[str, Any]

_AGENT = """
data_dir   = "{folder}/{name}/data"
name       = "{name}"
datacenter = "{datacenter}"
"""
_SERVER = """
server {{
  enabled                = true
  bootstrap_expect       = 3
  min_heartbeat_ttl      = "4s"
  heartbeat_grace        = "4s"
  failover_heartbeat_ttl = "20s"
  server_join {{
    retry_join     = [{joined}]
    retry_interval = "1s"
  }}
}}
"""
_CLIENT = """
client {{
  enabled   = true
  servers   = [{servers}]
  alloc_dir = "{folder}/{name}/a"
}}
"""


@dataclass
class Lab:
    """The agents by name (s1, s2, s3, a, b), and the way to those that live."""

    binary: Path
    folder: Path
    ports: Mapping[str, tuple[int, int, int]]
    """Of each agent: HTTP, RPC, serf."""
    agents: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)
    token: str = ""

    @property
    def tls(self) -> Path:
        return self.folder / "tls"

    def trust(self) -> ssl.SSLContext:
        """Return what an operator's HTTPS client needs, for Nomad and for callers."""
        context = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
        context.load_cert_chain(self.tls / "nomad-cli.pem", self.tls / "nomad-cli-key.pem")
        return context

    def address(self, name: str) -> str:
        return f"https://127.0.0.1:{self.ports[name][0]}"

    def living_server(self) -> str:
        """Return the address of a server that has not been killed."""
        return self.address(next(name for name in ("s1", "s2", "s3") if name in self.agents))

    def ask(self, path: str, method: str = "GET", at: str = "", **more: Any) -> Any:
        """Return the JSON of a successful answer of Nomad, asked with the management token."""
        headers = {"X-Nomad-Token": self.token} if self.token else {}
        url = (at or self.living_server()) + path
        reply = httpx.request(method, url, headers=headers, verify=self.trust(), timeout=10, **more)
        assert reply.is_success, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json()

    def cli(self, *words: str, cwd: Path = DEPLOY / "nomad", **environment: str) -> str:
        """Run a command as an operator with the management token; return what it printed."""
        done = subprocess.run(
            words,
            cwd=cwd,
            env={
                "PATH": f"{self.binary.parent}:{os.environ['PATH']}",
                "HOME": str(self.folder),
                "NOMAD_ADDR": self.living_server(),
                "NOMAD_TOKEN": self.token,
                "NOMAD_CACERT": str(self.tls / "ca.pem"),
                "NOMAD_CLIENT_CERT": str(self.tls / "nomad-cli.pem"),
                "NOMAD_CLIENT_KEY": str(self.tls / "nomad-cli-key.pem"),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def leader(self) -> str:
        """Return the leading server's name; empty while there is none."""
        try:
            found = str(self.ask("/v1/status/leader")).rpartition(":")[2]
        except (AssertionError, httpx.TransportError):
            return ""
        leaders = [name for name, ports in self.ports.items() if str(ports[1]) == found]
        return leaders[0] if leaders and leaders[0] in self.agents else ""

    def kill_server(self, name: str) -> None:
        """Kill -9 a server."""
        self._kill(name)

    def kill_client(self, name: str) -> None:
        """Kill -9 a client's agent and all that it runs, as the loss of its machine would."""
        self._kill(name)
        kill_all_of(self.folder / name)

    def allocations(self, job: str, namespace: str = "default") -> list[Json]:
        """Return the job's allocations that Nomad believes to be running."""
        found = self.ask(f"/v1/job/{job}/allocations", params={"namespace": namespace})
        return [a for a in found if a["ClientStatus"] == "running" and a["DesiredStatus"] == "run"]

    def start(self, name: str) -> None:
        """Start an agent."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.agents[name] = subprocess.Popen(
                [str(self.binary), "agent", f"-config={self.folder / name}.hcl"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment_in(self.folder / name),
                cwd=self.folder / name,
            )

    def _kill(self, name: str) -> None:
        agent = self.agents.pop(name)
        agent.kill()
        agent.wait()


@contextmanager
def run_lab(binary: Path, folder: Path) -> Iterator[Lab]:
    """Run the cluster with all its files in `folder`, a short path, until the block ends."""
    _run_script(PROVISIONING / "tls" / "apply.sh", str(folder / "tls"))
    numbers = iter(free_ports(15))
    names = ("s1", "s2", "s3", "a", "b")
    lab = Lab(binary, folder, {n: (next(numbers), next(numbers), next(numbers)) for n in names})
    with ExitStack() as stack:
        _write_configs(lab, stack)
        stack.callback(unmount_below, folder)
        stack.callback(kill_all_of, folder)
        for name in names:
            stack.callback(_kill_if_alive, lab, name)
            lab.start(name)
        wait_until(lab.leader, "a server leads", READY_WITHIN_S)
        lab.token = wait_until(lambda: _bootstrap(lab), "ACLs are on", READY_WITHIN_S)
        wait_until(lambda: _ready_nodes(lab) == 2, "both clients are ready", READY_WITHIN_S)
        wait_until(lambda: _has_keys(lab), "identities can be signed", READY_WITHIN_S)
        yield lab


def _write_configs(lab: Lab, stack: ExitStack) -> None:
    servers = ("s1", "s2", "s3")
    joined = ", ".join(f'"127.0.0.1:{lab.ports[name][2]}"' for name in servers)
    rpc = ", ".join(f'"127.0.0.1:{lab.ports[name][1]}"' for name in servers)
    for name, (http, rpc_port, serf) in lab.ports.items():
        (lab.folder / name).mkdir()
        role, datacenter = ("server", "dc1") if name in servers else ("client", f"dc-{name}")
        files = ("ca", f"nomad-{role}", f"nomad-{role}-key")
        speaks = mutual_tls(*(lab.tls / f"{file}.pem" for file in files))
        text = listening(http, rpc_port, serf) + ACL + speaks
        text += _AGENT.format(folder=lab.folder, name=name, datacenter=datacenter)
        if role == "server":
            text += _SERVER.format(joined=joined)
        else:
            text += _CLIENT.format(servers=rpc, folder=lab.folder, name=name)
            text += running_tasks(stack.enter_context(task_ports()))
        (lab.folder / f"{name}.hcl").write_text(text)


def _run_script(script: Path, *words: str) -> None:
    done = subprocess.run([str(script), *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def _bootstrap(lab: Lab) -> str:
    try:
        return str(lab.ask("/v1/acl/bootstrap", "POST")["SecretID"])
    except (AssertionError, httpx.TransportError):
        return ""


def _ready_nodes(lab: Lab) -> int:
    return sum(node["Status"] == "ready" for node in lab.ask("/v1/nodes"))


def _has_keys(lab: Lab) -> bool:
    return bool(lab.ask("/.well-known/jwks.json")["keys"])


def _kill_if_alive(lab: Lab, name: str) -> None:
    if name in lab.agents:
        agent = lab.agents.pop(name)
        agent.kill()
        agent.wait()
