"""A real Consul for tests: one server with its data in a folder, so that it can be killed and
started again with what it knew."""

import json
import os
import signal
import ssl
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from faas_nomad.clients.tls import TlsFiles, tls_context
from faas_nomad.tools import find_tool
from support.ports import free_ports
from support.requirements import lacking
from support.waiting import wait_until

READY_WITHIN_S = 30.0
PROVISIONING = Path(__file__).parents[2] / "provisioning" / "consul"


def require_consul() -> Path:
    """Return the binary; without one skip the test, or fail it where REQUIRE_REAL is set."""
    named = os.environ.get("CONSUL_BIN")
    if named:
        return Path(named)
    return find_tool("consul") or lacking(
        "no Consul binary: put consul on PATH, or `make tools TOOLS=consul`"
    )


@dataclass
class ConsulServer:
    """A Consul; `token` is its management token, empty without ACLs.

    With `tls`, its own files, it speaks TLS alone, and the tests show its certificate to it.
    """

    binary: Path
    folder: Path
    address: str
    token: str
    grpc_port: int
    tls: TlsFiles | None = None
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    def start(self) -> None:
        """Start it and wait until it has a leader and its own node in the catalog."""
        with (self.folder / "consul.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.binary), "agent", f"-config-file={self.folder / 'consul.json'}"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            )
        wait_until(self._is_ready, "Consul is ready", READY_WITHIN_S)

    def kill(self) -> None:
        """Kill it as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def get(self, path: str, **params: str) -> Any:
        """Ask with the management token; fail unless Consul agrees."""
        reply = self.ask("GET", path, params=params)
        assert reply.is_success, f"{path}: {reply.status_code} {reply.text}"
        return reply.json()

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"X-Consul-Token": self.token} if self.token else {}
        verify: ssl.SSLContext | bool = tls_context(self.tls) if self.tls else True
        url = self.address + path
        return httpx.request(method, url, headers=headers, timeout=10, verify=verify, **more)

    def passing(self, service: str) -> list[Any]:
        """Return the service's passing instances, as Consul's own health query has them."""
        found: list[Any] = self.get(f"/v1/health/service/{service}", passing="1")
        return found

    def provision(self, **settings: str) -> str:
        """Run the project's own script and return what it printed."""
        done = subprocess.run(
            [str(PROVISIONING / "apply.sh")],
            env=self.environment(**settings),
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def environment(self, **more: str) -> dict[str, str]:
        """Return what the consul CLI needs to work on this server."""
        return {
            "PATH": f"{self.binary.parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "CONSUL_HTTP_ADDR": self.address,
            "CONSUL_HTTP_TOKEN": self.token,
            **(_cli_tls(self.tls) if self.tls else {}),
            **more,
        }

    def token_with(self, *policies: str) -> str:
        """Return a new token with these policies alone."""
        body = {"Policies": [{"Name": policy} for policy in policies]}
        reply = self.ask("PUT", "/v1/acl/token", json=body)
        assert reply.is_success, reply.text
        return str(reply.json()["SecretID"])

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "consul.log").read_text()[-2000:]
        reply = self.ask("GET", "/v1/health/node/one")
        return reply.is_success and any(c["Status"] == "passing" for c in reply.json())


@contextmanager
def run_consul(
    folder: Path,
    *,
    acl: bool = False,
    more: dict[str, Any] | None = None,
    tls: TlsFiles | None = None,
) -> Iterator[ConsulServer]:
    """Run a Consul in `folder` until the block ends.

    With `tls`, its own certificate and key, it lets in only clients with one of that authority,
    and has no port without TLS.
    """
    binary = require_consul()
    http_port, grpc_port, server_port, serf_lan, serf_wan, dns_port = free_ports(6)
    folder.mkdir(parents=True, exist_ok=True)
    token = str(uuid.uuid4()) if acl else ""
    config = {
        "node_name": "one",
        "server": True,
        "bootstrap_expect": 1,
        "data_dir": str(folder / "data"),
        "bind_addr": "127.0.0.1",
        "client_addr": "127.0.0.1",
        "ports": {
            "http": -1 if tls else http_port,
            "https": http_port if tls else -1,
            "grpc": -1 if tls else grpc_port,
            "grpc_tls": grpc_port if tls else -1,
            "server": server_port,
            "serf_lan": serf_lan,
            "serf_wan": serf_wan,
            "dns": dns_port,
        },
        "connect": {"enabled": True},
        "performance": {"raft_multiplier": 1},
        "limits": {"http_max_conns_per_client": 500},
        "disable_update_check": True,
        **(_acl(token) if acl else {}),
        **(_tls(tls) if tls else {}),
        **(more or {}),
    }
    (folder / "consul.json").write_text(json.dumps(config))
    address = f"{'https' if tls else 'http'}://127.0.0.1:{http_port}"
    server = ConsulServer(binary, folder, address, token, grpc_port, tls)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def _acl(token: str) -> dict[str, Any]:
    return {
        "acl": {
            "enabled": True,
            "default_policy": "deny",
            "tokens": {"initial_management": token, "agent": token},
        }
    }


def _tls(files: TlsFiles) -> dict[str, Any]:
    everywhere = {
        "ca_file": files.ca_file,
        "cert_file": files.cert_file,
        "key_file": files.key_file,
        "verify_incoming": True,
        "verify_outgoing": True,
    }
    return {"tls": {"defaults": everywhere, "internal_rpc": {"verify_server_hostname": True}}}


def _cli_tls(files: TlsFiles) -> dict[str, str]:
    return {
        "CONSUL_CACERT": files.ca_file,
        "CONSUL_CLIENT_CERT": files.cert_file,
        "CONSUL_CLIENT_KEY": files.key_file,
    }
