"""Nomad with or without a Vault, set up as an operator would, and the service on both."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.mounts import unmount_below
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.secret_site import SecretSite
from support.service import run_service
from support.vault_server import VaultServer, nomad_vault_block, run_vault
from support.world import EchoImage, World

KV = {"kv1": ("kv-one", "1"), "kv2": ("secret", "2")}
STORES = ("nomad", *KV)


@dataclass(frozen=True)
class StoreSite:
    """A service that keeps secrets in one of the `STORES`."""

    site: SecretSite
    world: World
    vault: VaultServer | None = None


@contextmanager
def run_store_site(store: str, folder: Path, sdk: Path, echo: Path) -> Iterator[StoreSite]:
    """Run all of it until the block ends; then no value used must be found anywhere."""
    with ExitStack() as stack:
        stack.callback(unmount_below, folder)
        vault = None if store == "nomad" else stack.enter_context(run_vault(folder / "vault"))
        block = nomad_vault_block(vault.address) if vault else ""
        agent = stack.enter_context(
            run_nomad_agent(require_nomad(), folder / "nomad", more_config=block)
        )
        image = EchoImage("functions/echo:1", process=str(echo))
        world = World("raw_exec", agent.address, agent.pid, sdk, image, folder)
        more = vault_settings(vault, store, agent.address) if vault else {}
        settings = world.settings("openfaas-", log_level="debug", **more)
        service = stack.enter_context(run_service(folder, world.nomad_url, settings))
        service.wait_for_nomad()
        site = stack.enter_context(SecretSite(world, service))
        yield StoreSite(site, world, vault)
        assert site.leaks() == []
        secret_id = more.get("vault_app_secret_id")
        assert not secret_id or secret_id not in service.child.log_file.read_text()


def vault_settings(vault: VaultServer, store: str, nomad_url: str) -> dict[str, str]:
    """Run our script, an AppRole for us and identities for tasks, and return the settings."""
    mount, version = KV[store]
    jwks = f"{nomad_url}/.well-known/jwks.json"
    vault.provision(MOUNT=mount, KV_VERSION=version, NOMAD_JWKS_URL=jwks)
    role_id, secret_id = vault.app_role()
    return {
        "vault_addr": vault.address,
        "vault_app_role_id": role_id,
        "vault_app_secret_id": secret_id,
        "vault_secret_path_prefix": f"{mount}/openfaas",
    }
