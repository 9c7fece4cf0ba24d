"""A real Vault for tests, with storage in a folder, so that it can be killed and started again."""

import json
import os
import signal
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from faas_nomad.clients.tls import TlsFiles, tls_context
from faas_nomad.tools import find_tool
from support.ports import free_ports
from support.requirements import lacking
from support.waiting import wait_until

READY_WITHIN_S = 30.0
PROVISIONING = Path(__file__).parents[2] / "provisioning" / "vault"


def require_vault() -> Path:
    """Return the binary; without one skip the test, or fail it where REQUIRE_REAL is set."""
    named = os.environ.get("VAULT_BIN")
    if named:
        return Path(named)
    return find_tool("vault") or lacking(
        "no Vault binary: put vault on PATH, or run `make tools TOOLS=vault`"
    )


@dataclass
class VaultServer:
    """A Vault with one unseal key; `root` is its root token."""

    binary: Path
    folder: Path
    address: str
    verify: "ssl.SSLContext | bool" = True
    tls: TlsFiles | None = None
    root: str = field(default="", repr=False)
    _key: str = field(default="", repr=False)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def audit_log(self) -> Path:
        return self.folder / "audit.log"

    def start(self) -> None:
        """Start it, initialize it the first time, and unseal it."""
        with (self.folder / "vault.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.binary), "server", f"-config={self.folder / 'vault.hcl'}"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            )
        wait_until(self._listens, "Vault listens", READY_WITHIN_S)
        if not self.root:
            made = self._ask("PUT", "/sys/init", {"secret_shares": 1, "secret_threshold": 1})
            self.root, self._key = made["root_token"], made["keys"][0]
        self.unseal()

    def kill(self) -> None:
        """Kill it as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def seal(self) -> None:
        self.ask("PUT", "/sys/seal")

    @contextmanager
    def away(self, *, sealed: bool) -> Iterator[None]:
        """Have it sealed, or dead, while the block runs."""
        self.seal() if sealed else self.kill()
        try:
            yield
        finally:
            self.unseal() if sealed else self.start()

    def revoke_app_role_tokens(self) -> None:
        """Revoke every token that the AppRole gave out."""
        self.ask("PUT", "/sys/leases/revoke-prefix/auth/approle/login")

    def unseal(self) -> None:
        self._ask("PUT", "/sys/unseal", {"key": self._key})
        wait_until(self._is_active, "Vault is active", READY_WITHIN_S)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask with the root token; fail unless Vault agrees."""
        return self._ask(method, path, body, {"X-Vault-Token": self.root})

    def provision(self, **settings: str) -> str:
        """Run the project's own script and return what it printed."""
        done = subprocess.run(
            [str(PROVISIONING / "apply.sh")],
            env={
                "PATH": f"{self.binary.parent}:{os.environ['PATH']}",
                "HOME": str(self.folder),
                "VAULT_ADDR": self.address,
                "VAULT_TOKEN": self.root,
                **(_cli_tls(self.tls) if self.tls else {}),
                **settings,
            },
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def app_role(self) -> tuple[str, str]:
        """Return the role ID of the provisioned AppRole and a new secret ID."""
        role = self.ask("GET", "/auth/approle/role/faas-nomad/role-id")["data"]["role_id"]
        made = self.ask("PUT", "/auth/approle/role/faas-nomad/secret-id")["data"]["secret_id"]
        return role, made

    def asked_paths(self) -> list[str]:
        """Return every path that anybody asked for, from the audit log."""
        lines = self.audit_log.read_text().splitlines()
        return [json.loads(line)["request"]["path"] for line in lines]

    def asked_by_policy(self, policy: str) -> list[str]:
        """Return the paths that were asked for with a token of that policy."""
        lines = (json.loads(line) for line in self.audit_log.read_text().splitlines())
        return [
            line["request"]["path"]
            for line in lines
            if policy in (line.get("auth", {}).get("policies") or ())
        ]

    def _listens(self) -> bool:
        url = f"{self.address}/v1/sys/seal-status"
        return httpx.get(url, timeout=2, verify=self.verify).is_success

    def _is_active(self) -> bool:
        url = f"{self.address}/v1/sys/health"
        return httpx.get(url, timeout=5, verify=self.verify).status_code == 200

    def _ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        url = f"{self.address}/v1{path}"
        reply = httpx.request(
            method, url, json=body, headers=dict(headers or {}), timeout=20, verify=self.verify
        )
        assert reply.is_success, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None


def _cli_tls(tls: TlsFiles) -> dict[str, str]:
    return {
        "VAULT_CACERT": tls.ca_file,
        "VAULT_CLIENT_CERT": tls.cert_file,
        "VAULT_CLIENT_KEY": tls.key_file,
    }


def nomad_vault_block(address: str, tls: TlsFiles | None = None) -> str:
    """Return the configuration of a Nomad agent whose tasks log in to that Vault.

    `tls` is what the agent shows to a Vault that speaks TLS.
    """
    return f"""
vault {{
  enabled               = true
  address               = "{address}"
  jwt_auth_backend_path = "jwt-nomad"
  {_agent_tls(tls) if tls else ""}
  default_identity {{
    aud = ["vault.io"]
    ttl = "1h"
  }}
}}
"""


def _agent_tls(tls: TlsFiles) -> str:
    return f"""
  ca_file   = "{tls.ca_file}"
  cert_file = "{tls.cert_file}"
  key_file  = "{tls.key_file}"
"""


def _listener_tls(tls: TlsFiles | None) -> str:
    if tls is None:
        return "tls_disable = true"
    return f"""tls_cert_file = "{tls.cert_file}"
  tls_key_file       = "{tls.key_file}"
  tls_client_ca_file = "{tls.ca_file}"
  tls_require_and_verify_client_cert = true"""


@contextmanager
def run_vault(folder: Path, tls: TlsFiles | None = None) -> Iterator[VaultServer]:
    """Run a Vault in `folder` until the block ends; it has an audit log.

    With `tls`, its own certificate and key, it lets in only clients with one of that authority.
    """
    binary = require_vault()
    (port, cluster_port) = free_ports(2)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    scheme = "https" if tls else "http"
    (folder / "vault.hcl").write_text(
        f"""
storage "raft" {{
  path    = "{folder}/data"
  node_id = "one"
}}
listener "tcp" {{
  address         = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{cluster_port}"
  {_listener_tls(tls)}
}}
api_addr      = "{scheme}://127.0.0.1:{port}"
cluster_addr  = "https://127.0.0.1:{cluster_port}"
disable_mlock = true
"""
    )
    verify = tls_context(tls) if tls else True
    server = VaultServer(binary, folder, f"{scheme}://127.0.0.1:{port}", verify, tls)
    try:
        server.start()
        options = {"file_path": str(server.audit_log)}
        server.ask("PUT", "/sys/audit/file", {"type": "file", "options": options})
        yield server
    finally:
        server.kill()
