"""Nomad, Consul and Vault with mutual TLS and ACLs, provisioned by the project's own scripts."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from faas_nomad.clients.tls import TlsFiles, tls_context
from support.consul_server import ConsulServer, run_consul
from support.consul_site import nomad_consul_config
from support.nomad_binary import require_nomad
from support.ports import free_ports
from support.processes import running
from support.requirements import lacking
from support.secure_nomad import PROVISIONING, SecureNomad, make_certificates, run_secure_nomad
from support.vault_server import VaultServer, nomad_vault_block, run_vault
from support.waiting import wait_until

HAPROXY = Path("/usr/sbin/haproxy")
JWKS = "/.well-known/jwks.json"
READY_WITHIN_S = 20.0


@dataclass(frozen=True)
class SecureSite:
    """The three servers, and where Consul and Vault fetch the keys of workload identities."""

    nomad: SecureNomad
    consul: ConsulServer
    vault: VaultServer
    jwks_url: str

    @property
    def own_files(self) -> TlsFiles:
        """Return faas-nomad's own certificate, which all three know it by."""
        return files_of(self.nomad.tls, "faas-nomad")

    def settings(self) -> dict[str, str]:
        """Return what a service needs besides its rights in Nomad and Consul."""
        role_id, secret_id = self.vault.app_role()
        own = self.own_files
        shown = {"cacert": own.ca_file, "client_cert": own.cert_file, "client_key": own.key_file}
        return {
            "vault_addr": self.vault.address,
            "vault_app_role_id": role_id,
            "vault_app_secret_id": secret_id,
            **{f"consul_{name}": file for name, file in shown.items()},
            **{f"vault_{name}": file for name, file in shown.items()},
        }


def files_of(tls: Path, name: str) -> TlsFiles:
    """Return that certificate of `provisioning/tls` with its key and authority."""
    ca, cert, key = (str(tls / f"{one}.pem") for one in ("ca", name, f"{name}-key"))
    return TlsFiles(ca_file=ca, cert_file=cert, key_file=key)


@contextmanager
def run_secure_site(folder: Path) -> Iterator[SecureSite]:
    """Run all three until the block ends, each with its files in a folder of its own."""
    tls = folder / "nomad" / "tls"
    make_certificates(tls)
    shown = files_of(tls, "nomad-server")
    with ExitStack() as stack:
        consul = stack.enter_context(
            run_consul(folder / "consul", acl=True, tls=files_of(tls, "consul"))
        )
        vault = stack.enter_context(run_vault(folder / "vault", files_of(tls, "vault")))
        nomad = stack.enter_context(
            run_secure_nomad(
                require_nomad(),
                folder / "nomad",
                consul_config=nomad_consul_config(consul, shown),
                more_config=nomad_vault_block(vault.address, shown),
            )
        )
        jwks_url = stack.enter_context(_jwks_proxy(nomad, folder))
        for server in (consul, vault):
            server.provision(NOMAD_JWKS_URL=jwks_url, NOMAD_CA_FILE=str(tls / "ca.pem"))
        yield SecureSite(nomad, consul, vault, jwks_url)


@contextmanager
def _jwks_proxy(nomad: SecureNomad, folder: Path) -> Iterator[str]:
    """Run HAProxy with the shipped configuration; give the address of the keys."""
    if not HAPROXY.exists():
        lacking(f"no HAProxy at {HAPROXY}")
    pem = folder / "jwks-both.pem"
    pem.touch(0o600)
    pem.write_text("".join((nomad.tls / f"jwks{end}.pem").read_text() for end in ("", "-key")))
    [port] = free_ports(1)
    environment = {
        "JWKS_ADDR": f"127.0.0.1:{port}",
        "JWKS_PEM": str(pem),
        "NOMAD": f"127.0.0.1:{nomad.port}",
        "NOMAD_CACERT": str(nomad.tls / "ca.pem"),
        "NOMAD_NAME": "server.global.nomad",
    }
    config = PROVISIONING / "nomad" / "jwks.haproxy.cfg"
    command = [str(HAPROXY), "-db", "-f", str(config)]
    url = f"https://127.0.0.1:{port}{JWKS}"
    verify = tls_context(TlsFiles(ca_file=environment["NOMAD_CACERT"]))

    def answers() -> bool:
        child.check_alive()
        return httpx.get(url, verify=verify, timeout=2).is_success

    with running("haproxy", command, folder / "haproxy.log", environment) as child:
        wait_until(answers, "the keys are there", READY_WITHIN_S)
        yield url
