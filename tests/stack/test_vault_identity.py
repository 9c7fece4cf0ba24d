"""faas-nomad as a Nomad job: it finds Vault through Nomad and logs in with its own identity."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.functions import Functions
from support.mounts import unmount_below
from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad
from support.secret_site import SecretSite
from support.service import Service, run_service
from support.vault_server import VaultServer, nomad_vault_block, run_vault
from support.waiting import wait_until
from support.world import EchoImage, World

pytestmark = [pytest.mark.real, pytest.mark.go]

OWN_JOB = "faas-nomad"
HOUR_NS = 3600 * 10**9


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("identity")


@pytest.fixture(scope="module")
def vault(folder: Path) -> Iterator[VaultServer]:
    with run_vault(folder / "vault") as server:
        yield server


@pytest.fixture(scope="module")
def agent(folder: Path, vault: VaultServer) -> Iterator[NomadAgent]:
    block = nomad_vault_block(vault.address)
    with ExitStack() as stack:
        stack.callback(unmount_below, folder)
        yield stack.enter_context(
            run_nomad_agent(require_nomad(), folder / "nomad", more_config=block)
        )


@pytest.fixture(scope="module")
def world(agent: NomadAgent, folder: Path, sdk_binary: Path, echo_binary: Path) -> World:
    echo = EchoImage("functions/echo:1", process=str(echo_binary))
    return World("raw_exec", agent.address, agent.pid, sdk_binary, echo, folder)


@pytest.fixture(scope="module")
def identity(agent: NomadAgent, folder: Path) -> Path:
    """The file that Nomad keeps our own workload identity in."""
    own = {"Name": "vault", "Audience": ["vault.io"], "File": True, "TTL": HOUR_NS}
    task = {
        "Name": "own",
        "Driver": "raw_exec",
        "Config": {"command": "sleep", "args": ["600"]},
        "Identities": [own],
    }
    group = {"Name": "own", "Tasks": [task]}
    job = {"ID": OWN_JOB, "Type": "service", "Datacenters": ["*"], "TaskGroups": [group]}
    assert httpx.post(f"{agent.address}/v1/jobs", json={"Job": job}).status_code == 200

    def written() -> list[Path]:
        return [f for f in (folder / "nomad").rglob("nomad_vault.jwt") if f.stat().st_size]

    (file,) = wait_until(written, "Nomad has written our identity", 30)
    return file


@pytest.fixture(scope="module")
def service(
    identity: Path, agent: NomadAgent, vault: VaultServer, world: World
) -> Iterator[Service]:
    vault.provision(NOMAD_JWKS_URL=f"{agent.address}/.well-known/jwks.json")
    settings = world.settings(
        "openfaas-", vault_jwt_role="faas-nomad", vault_jwt_file=str(identity), log_level="debug"
    )
    with run_service(world.folder, agent.address, settings) as running:
        running.wait_for_nomad()
        yield running


def test_a_secret_is_kept_and_read_without_any_credential_in_the_settings(
    world: World, service: Service, vault: VaultServer, identity: Path
) -> None:
    with SecretSite(world, service) as site, Functions(world, service) as functions:
        value = site.text()
        name = site.create(value)
        function = functions.deploy(world.deployment(secrets=[name]))

        assert site.read(functions, function, name).text == value

        token_left_s = service.health()["backends"]["vault"]["token_left_s"]
        assert 80_000 < token_left_s <= 86_400
        assert site.leaks() == []
    log = service.child.log_file.read_text()
    assert vault.address in log
    assert identity.read_text() not in log


def test_the_roles_are_told_apart_by_the_job(
    vault: VaultServer, identity: Path, service: Service
) -> None:
    jwt = identity.read_text()

    as_function, as_ourselves = log_in(vault, "openfaas", jwt), log_in(vault, "faas-nomad", jwt)

    assert as_function.status_code == 400
    assert "claim" in as_function.text
    assert as_ourselves.json()["auth"]["policies"] == ["faas-nomad"]


def log_in(vault: VaultServer, role: str, jwt: str) -> httpx.Response:
    body = {"role": role, "jwt": jwt}
    return httpx.put(f"{vault.address}/v1/auth/jwt-nomad/login", json=body)


def test_provisioning_a_second_time_changes_nothing(
    vault: VaultServer, agent: NomadAgent, service: Service
) -> None:
    before = provisioned(vault)

    vault.provision(NOMAD_JWKS_URL=f"{agent.address}/.well-known/jwks.json")

    assert provisioned(vault) == before


def provisioned(vault: VaultServer) -> dict[str, Any]:
    paths = (
        "/sys/mounts",
        "/sys/auth",
        "/sys/policies/acl/faas-nomad",
        "/sys/policies/acl/openfaas",
        "/auth/approle/role/faas-nomad",
        "/auth/approle/role/faas-nomad/role-id",
        "/auth/jwt-nomad/config",
        "/auth/jwt-nomad/role/faas-nomad",
        "/auth/jwt-nomad/role/openfaas",
    )
    return {path: vault.ask("GET", path)["data"] for path in paths}
