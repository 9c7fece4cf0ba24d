"""The store in a real Vault, KV 1 and 2, with the policies and the AppRole that are provisioned."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from faas_nomad.clients.errors import DeniedError, UnreachableError
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.secret_store import NoSuchSecretError, SecretExistsError, SecretUser
from faas_nomad.clients.vault import VaultConnection, VaultTarget
from faas_nomad.clients.vault_generations import SecretGenerations
from faas_nomad.clients.vault_kv import VaultKv
from faas_nomad.clients.vault_login import AppRoleLogin, Login, TokenLogin
from faas_nomad.clients.vault_secrets import VaultSecretStore
from faas_nomad.clients.vault_session import VaultSession
from faas_nomad.tasks.token_renewal import keep_token_alive
from faas_nomad.translate.names import Names
from faas_nomad.translate.secret_variables import MARK, copy_paths
from faas_nomad.translate.vault_secrets import MAX_VALUE_BYTES, TaskAuth
from support.memory_variables import MemoryVariables
from support.vault_server import VaultServer, run_vault

pytestmark = pytest.mark.real

MOUNTS = {1: "kv-one", 2: "secret"}
CALLS_FOR_S = float(os.environ.get("RENEWAL_TEST_S", "25"))
RECOVERED_WITHIN_S = 5.0


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    with run_vault(tmp_path_factory.mktemp("vault")) as server:
        for version, mount in MOUNTS.items():
            server.provision(MOUNT=mount, KV_VERSION=str(version))
        for mount in MOUNTS.values():  # the script's policies are for one mount
            allow_all_mounts(server, mount)
        yield server


def allow_all_mounts(server: VaultServer, mount: str) -> None:
    server.provision(MOUNT=mount)
    rules = server.ask("GET", "/sys/policies/acl/faas-nomad")["data"]["policy"]
    server.ask("PUT", f"/sys/policies/acl/faas-nomad-{mount}", {"policy": rules})
    policies = [f"faas-nomad-{one}" for one in MOUNTS.values()]
    server.ask("PUT", "/auth/approle/role/faas-nomad", {"token_policies": policies})


@asynccontextmanager
async def session_of(vault: VaultServer, login: Login) -> AsyncIterator[VaultSession]:
    connection = VaultConnection(VaultTarget(vault.address, timeout_s=5))
    try:
        yield VaultSession(connection, login)
    finally:
        connection.close()


def store_in(session: VaultSession, mount: str, variables: MemoryVariables) -> VaultSecretStore:
    return VaultSecretStore(
        VaultKv(session, f"{mount}/openfaas"),
        SecretGenerations(variables),  # type: ignore[arg-type]
        SecretCopies(variables),  # type: ignore[arg-type]
        Names("openfaas-", "openfaas-fn", "default"),
        TaskAuth("openfaas", "openfaas"),
    )


@pytest.fixture
def variables() -> MemoryVariables:
    return MemoryVariables()


@pytest.fixture(params=MOUNTS.values(), ids=["kv1", "kv2"])
def mount(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def store(
    vault: VaultServer, mount: str, variables: MemoryVariables
) -> AsyncIterator[VaultSecretStore]:
    """A store as the service has it; its secrets are gone after the test."""
    async with session_of(vault, AppRoleLogin(*vault.app_role())) as session:
        made = store_in(session, mount, variables)
        yield made
        for namespace in ("default", "of-b"):
            for name in await made.names(namespace):
                await made.delete(namespace, name)


def kept(vault: VaultServer, mount: str, path: str) -> dict[str, str]:
    """Return an entry as Vault's own API gives it."""
    data = "/data" if mount == MOUNTS[2] else ""
    found = vault.ask("GET", f"/{mount}{data}/openfaas/{path}")["data"]
    fields: dict[str, str] = found["data"] if data else found
    return fields


async def test_the_whole_life_of_a_secret(
    store: VaultSecretStore, vault: VaultServer, mount: str
) -> None:
    await store.create("default", "a.b", b"text\n")
    assert kept(vault, mount, "a.b") == {"value": "text\n"}
    with pytest.raises(SecretExistsError):
        await store.create("default", "a.b", b"again")

    await store.update("default", "a.b", b"\0\xff", [])
    assert kept(vault, mount, "a.b") == {"value": "AP8=", "encoding": "base64"}
    assert await store.names("default") == ["a.b"]

    await store.delete("default", "a.b")
    assert await store.names("default") == []
    for call in (store.delete("default", "a.b"), store.update("default", "a.b", b"", [])):
        with pytest.raises(NoSuchSecretError):
            await call
    await store.create("default", "a.b", b"once more")


async def test_empty_and_large_values_are_kept(
    store: VaultSecretStore, vault: VaultServer, mount: str
) -> None:
    large = "x" * MAX_VALUE_BYTES
    await store.create("default", "empty", b"")
    await store.create("default", "large", large.encode())

    assert kept(vault, mount, "empty") == {"value": ""}
    assert kept(vault, mount, "large") == {"value": large}
    secrets = await store.prepare("default", "openfaas-x", ["empty", "large"])
    assert secrets.secrets_mb == 0


async def test_namespaces_have_folders_and_the_default_one_has_none(
    store: VaultSecretStore, vault: VaultServer, mount: str
) -> None:
    await store.create("default", "a", b"1")
    await store.create("of-b", "a", b"2")

    assert kept(vault, mount, "of-b/a") == {"value": "2"}
    assert (await store.names("default"), await store.names("of-b")) == (["a"], ["a"])


async def test_what_an_operator_put_there_works_as_it_is(
    store: VaultSecretStore, vault: VaultServer, mount: str
) -> None:
    entry = {"value": "by hand", "note": "x"}
    is_2 = mount == MOUNTS[2]
    path = f"/{mount}/data/openfaas/by-hand" if is_2 else f"/{mount}/openfaas/by-hand"
    vault.ask("POST", path, {"data": entry} if is_2 else entry)

    secrets = await store.prepare("default", "openfaas-x", ["by-hand"])

    assert await store.names("default") == ["by-hand"]
    assert secrets.vault is not None
    data = "data/" if is_2 else ""
    assert f'"{mount}/{data}openfaas/by-hand?version=%s"' in secrets.template_of("by-hand")


async def leave_history_alone(store: VaultSecretStore, vault: VaultServer, mount: str) -> None:
    """Make a secret `a`, and delete it by hand as `vault kv delete` does."""
    await store.create("default", "a", b"1")
    vault.ask("DELETE", f"/{mount}/data/openfaas/a")


async def test_a_secret_deleted_by_hand_but_for_its_history_can_be_made_again(
    store: VaultSecretStore, vault: VaultServer, mount: str
) -> None:
    if mount != MOUNTS[2]:
        return  # KV 1 has no history
    await leave_history_alone(store, vault, mount)

    with pytest.raises(NoSuchSecretError):
        await store.prepare("default", "openfaas-x", ["a"])
    await store.create("default", "a", b"2")

    assert kept(vault, mount, "a") == {"value": "2"}


async def test_an_update_makes_its_users_read_anew(
    store: VaultSecretStore, variables: MemoryVariables
) -> None:
    await store.create("default", "a", b"1")
    await store.prepare("default", "openfaas-x", ["a"])
    path = copy_paths("openfaas-x")[0]
    assert variables.items(path) == {"vault_a": "0", MARK: "1"}

    await store.update("default", "a", b"2", [SecretUser("openfaas-x", ["a"])])

    assert variables.items(path) == {"vault_a": "00", MARK: "1"}
    await store.release("default", "openfaas-x")
    assert ("default", path) not in variables.rows


async def test_nothing_outside_the_prefix_is_ever_asked_for(
    store: VaultSecretStore, vault: VaultServer, mount: str
) -> None:
    await store.create("default", "a", b"1")
    await store.names("of-b")

    asked = [path for path in vault.asked_paths() if path.startswith(mount)]
    folders = (f"{mount}/openfaas", f"{mount}/data/openfaas", f"{mount}/metadata/openfaas")
    assert asked
    assert all(path.startswith(folders) and ".." not in path for path in asked)
    session = store._kv._session
    for path in (f"{mount}/data/other/a", f"{mount}/other/a", "sys/policies/acl"):
        with pytest.raises(DeniedError):
            await session.call(lambda client, path=path: client.read(path))  # type: ignore[misc]


def test_provisioning_twice_changes_nothing(vault: VaultServer) -> None:
    before = vault.ask("GET", "/sys/policies/acl/openfaas")["data"]

    vault.provision(NOMAD_JWKS_URL="")

    assert vault.ask("GET", "/sys/policies/acl/openfaas")["data"] == before
    assert vault.ask("GET", "/auth/approle/role/faas-nomad")["data"]["token_period"] == 86400
    allow_all_mounts(vault, "secret")


async def test_a_wrapped_secret_id_is_opened_once_and_used_again(
    vault: VaultServer, tmp_path: Path
) -> None:
    role, _ = vault.app_role()
    wrapped = wrap(vault)
    file = tmp_path / "wrapped"
    file.write_text(wrapped)
    login = AppRoleLogin(role, file=str(file), wrapped=True)
    async with session_of(vault, login) as session:
        await session.refresh()
        revoke_all(vault)
        await session.call(lambda client: client.auth.token.lookup_self())

    async with session_of(vault, AppRoleLogin(role, wrapped, wrapped=True)) as session:
        with pytest.raises(DeniedError, match="opened before, perhaps by somebody"):
            await session.refresh()


def wrap(vault: VaultServer) -> str:
    reply = httpx.put(
        f"{vault.address}/v1/auth/approle/role/faas-nomad/secret-id",
        headers={"X-Vault-Token": vault.root, "X-Vault-Wrap-TTL": "60"},
    )
    token: str = reply.json()["wrap_info"]["token"]
    return token


def revoke_all(vault: VaultServer) -> None:
    """Revoke every token that the AppRole gave out."""
    vault.ask("PUT", "/sys/leases/revoke-prefix/auth/approle/login")


async def test_a_token_of_5_s_is_kept_alive_past_its_20_s(
    vault: VaultServer, variables: MemoryVariables
) -> None:
    role = {"token_policies": ["faas-nomad-secret"], "token_ttl": "5s", "token_max_ttl": "20s"}
    vault.ask("PUT", "/auth/approle/role/short", role)
    role_id = vault.ask("GET", "/auth/approle/role/short/role-id")["data"]["role_id"]
    secret_id = vault.ask("PUT", "/auth/approle/role/short/secret-id")["data"]["secret_id"]
    async with session_of(vault, AppRoleLogin(role_id, secret_id)) as session:
        store = store_in(session, "secret", variables)
        renewal = asyncio.ensure_future(keep_token_alive(session))
        ends_s = time.monotonic() + CALLS_FOR_S
        calls = 0
        while time.monotonic() < ends_s:
            await store.names("default")
            calls += 1
            await asyncio.sleep(0.5)
        renewal.cancel()
        await asyncio.gather(renewal, return_exceptions=True)

    assert calls > CALLS_FOR_S


@pytest.mark.parametrize("trouble", ["killed", "sealed", "revoked"])
async def test_after_trouble_the_first_call_succeeds_without_a_restart(
    vault: VaultServer, variables: MemoryVariables, trouble: str
) -> None:
    ends: dict[str, Callable[[], None]] = {"killed": vault.start, "sealed": vault.unseal}
    begins: dict[str, Callable[[], None]] = {"killed": vault.kill, "sealed": vault.seal}
    async with session_of(vault, AppRoleLogin(*vault.app_role())) as session:
        store = store_in(session, "secret", variables)
        await store.names("default")
        renewal = asyncio.ensure_future(keep_token_alive(session))
        if trouble == "revoked":
            revoke_all(vault)
        else:
            await asyncio.to_thread(begins[trouble])
            try:
                for _ in range(3):
                    with pytest.raises(UnreachableError, match="Vault"):
                        await store.names("default")
            finally:
                await asyncio.to_thread(ends[trouble])

        recovered_s = time.monotonic()
        await eventually_lists(store)
        took_s = time.monotonic() - recovered_s
        renewal.cancel()
        await asyncio.gather(renewal, return_exceptions=True)

    print(f"{trouble}: first success {took_s:.2f} s after recovery")
    assert took_s < RECOVERED_WITHIN_S


async def eventually_lists(store: VaultSecretStore) -> None:
    while True:
        try:
            await store.names("default")
        except UnreachableError:
            await asyncio.sleep(0.1)
        else:
            return


async def test_a_fixed_token_and_a_token_file_are_used_as_they_are(
    vault: VaultServer, variables: MemoryVariables, tmp_path: Path
) -> None:
    made = vault.ask("PUT", "/auth/token/create", {"policies": ["faas-nomad-secret"]})
    file = tmp_path / "token"
    file.write_text(made["auth"]["client_token"] + "\n")
    for login in (TokenLogin(made["auth"]["client_token"]), TokenLogin(file=str(file))):
        async with session_of(vault, login) as session:
            assert await store_in(session, "secret", variables).names("default") == []
            assert session.left_s is not None


async def test_errors_name_no_value(
    vault: VaultServer, store: VaultSecretStore, mount: str
) -> None:
    value = "s3cret-in-vault"
    await store.create("default", "a", value.encode())
    revoked = TokenLogin("hvs.unknown")
    async with session_of(vault, revoked) as session:
        with pytest.raises(DeniedError) as caught:
            await store_in(session, mount, MemoryVariables()).update(
                "default", "a", value.encode(), []
            )

    assert value not in str(caught.value)
    assert "hvs.unknown" not in str(caught.value)


async def test_a_secret_that_is_listed_can_be_removed_though_only_its_history_is_left(
    store: VaultSecretStore, vault: VaultServer, mount: str
) -> None:
    if mount != MOUNTS[2]:
        return  # KV 1 has no history
    await leave_history_alone(store, vault, mount)
    assert await store.names("default") == ["a"]

    await store.delete("default", "a")

    assert await store.names("default") == []
    with pytest.raises(NoSuchSecretError):
        await store.delete("default", "a")


async def test_a_mount_that_takes_no_write_without_the_version_it_follows_takes_ours(
    store: VaultSecretStore, vault: VaultServer, mount: str
) -> None:
    if mount != MOUNTS[2]:
        return  # KV 1 has no versions
    vault.ask("POST", f"/{mount}/config", {"cas_required": True})
    try:
        await store.create("default", "a", b"1")
        await store.update("default", "a", b"2", [])

        assert kept(vault, mount, "a") == {"value": "2"}
    finally:
        vault.ask("POST", f"/{mount}/config", {"cas_required": False})
