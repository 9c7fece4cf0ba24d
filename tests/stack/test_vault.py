"""Secrets in Vault, from the official client to a function's file, by workload identity."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from support.functions import Functions
from support.secret_changes import (
    MODE,
    deployed,
    known_by,
    loaded,
    running,
    seconds_until_known,
)
from support.secret_site import SecretSite
from support.vault_server import VaultServer
from support.vault_site import KV, run_store_site
from support.waiting import wait_until
from support.world import World

pytestmark = [pytest.mark.real, pytest.mark.go]

LARGE_BYTES = 100_000
TROUBLE_S = 3.0


@dataclass(frozen=True)
class VaultSite:
    """A Vault, a Nomad that knows it, and the service on both."""

    vault: VaultServer
    site: SecretSite
    world: World


@pytest.fixture(scope="module", params=KV)
def vault_site(
    request: pytest.FixtureRequest,
    sdk_binary: Path,
    echo_binary: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[VaultSite]:
    folder = tmp_path_factory.mktemp("vault-site")
    with run_store_site(request.param, folder, sdk_binary, echo_binary) as found:
        assert found.vault
        yield VaultSite(found.vault, found.site, found.world)


@pytest.fixture
def functions(vault_site: VaultSite) -> Iterator[Functions]:
    with Functions(vault_site.world, vault_site.site.service) as deployed:
        yield deployed
        vault_site.site.remember_nomad()


def test_a_function_reads_its_secrets_byte_for_byte(
    vault_site: VaultSite, functions: Functions
) -> None:
    site = vault_site.site
    values = {
        "text.with-dots": f"{site.text()}\n".encode(),
        "binary": b"\0\xff\r\n" + site.value(1000),
        "empty": b"",
        "large": os.urandom(LARGE_BYTES).hex().encode(),
    }
    for name, value in values.items():
        site.create("" if name == "empty" else value, name)

    function = functions.deploy(functions.world.deployment(secrets=list(values)))

    for name, value in values.items():
        answer = site.read(functions, function, name)
        assert (answer.status_code, answer.content) == (200, value)
    environment = functions.echoed(function)["env"]
    assert "VAULT_TOKEN" not in environment
    assert [one["name"] for one in site.sdk.secrets().result] == sorted(values)


def test_an_update_reaches_a_running_function_without_a_restart(
    vault_site: VaultSite, functions: Functions
) -> None:
    site = vault_site.site
    first, second, third = site.text(), site.text(), site.text()
    name = site.create(first)
    function = functions.deploy(functions.world.deployment(secrets=[name]))
    site.wait_read(functions, function, name, first.encode())
    before = [alloc["ID"] for alloc in functions.allocations(function)]

    for value in (second, third):
        site.check(site.sdk.update_secret(name, value))
        site.wait_read(functions, function, name, value.encode())

    assert [alloc["ID"] for alloc in functions.allocations(function)] == before


@pytest.mark.timeout(180)
@pytest.mark.parametrize("mode", ["restart", "signal"])
def test_an_update_restarts_or_signals_without_a_failed_request(
    vault_site: VaultSite, functions: Functions, mode: str
) -> None:
    site = vault_site.site
    function, secret, first = deployed(site, functions, 2, {MODE: mode})
    before = running(functions, function)
    assert known_by(functions, function, secret)[1] == first
    second = site.text()

    with loaded(functions, function) as report:
        site.check(site.sdk.update_secret(secret, second))
        took_s = seconds_until_known(functions, function, secret, second, 2)
        functions.wait_updated(function)
        if mode == "restart":
            wait_until(lambda: before.isdisjoint(running(functions, function)), "old ones end", 40)

    print(f"{mode}, 2 replicas: everywhere after {took_s:.1f} s, {report.requests} requests")
    assert (report.failed, report.repeated) == (0, 0), report
    assert (running(functions, function) == before) == (mode == "signal")


def test_two_namespaces_have_secrets_of_the_same_name(
    vault_site: VaultSite, functions: Functions
) -> None:
    site, name = vault_site.site, "shared.name"
    namespace = "of-second"
    functions.world.nomad.namespace.create_namespace({"Name": namespace, "Meta": {"openfaas": "1"}})
    wait_until(lambda: site.sdk.secrets(namespace).status == 200, "the namespace is known", 20)
    site.create(first := site.text(), name)
    site.create(second := site.text(), name, namespace)
    function = functions.deploy(functions.world.deployment(secrets=[name]))
    sent = functions.world.deployment(secrets=[name], namespace=namespace)

    site.check(site.sdk.deploy(sent))
    url = f"/function/{sent['service']}.{namespace}"

    def read_there() -> str:
        return functions.http.get(url, headers={"X-Echo-Secret": name}).text

    wait_until(lambda: read_there() == second, "the other one reads its own", 30)
    assert site.read(functions, function, name).text == first
    listed = [(one["name"], one["namespace"]) for one in site.sdk.secrets(namespace).result]
    assert listed == [(name, namespace)]
    site.check(site.sdk.delete(sent["service"], namespace))


def test_the_life_of_a_secret_and_its_refusals(vault_site: VaultSite, functions: Functions) -> None:
    site = vault_site.site
    name = site.create(site.text())

    site.check(site.sdk.create_secret(name, site.text()), 409)
    site.check(site.sdk.delete_secret(name))
    site.check(site.sdk.delete_secret(name), 404)
    site.check(site.sdk.update_secret(name, site.text()), 404)
    refused = site.sdk.deploy(functions.world.deployment(secrets=[name]))
    site.check(refused, 400)
    assert name in refused.body
    for bad in ("../x", "a/b", "..", "{{"):
        site.check(site.sdk.create_secret(bad, site.text()), 400)
    assert not [path for path in vault_site.vault.asked_paths() if ".." in path or "{{" in path]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("trouble", ["killed", "sealed", "revoked"])
def test_a_vault_in_trouble_stops_nothing_but_secret_calls(
    vault_site: VaultSite, functions: Functions, trouble: str
) -> None:
    site, vault = vault_site.site, vault_site.vault
    name = site.create(site.text())
    function = functions.deploy(functions.world.deployment(secrets=[name]))
    service_pid = site.service.child.process.pid

    with loaded(functions, function) as report:
        if trouble == "revoked":
            vault.revoke_app_role_tokens()
        else:
            with vault.away(sealed=trouble == "sealed"):
                ends_s = time.monotonic() + TROUBLE_S
                while time.monotonic() < ends_s:
                    for reply in (site.sdk.secrets(), site.sdk.update_secret(name, site.text())):
                        site.check(reply, 503)
                        assert "Vault" in reply.body
                assert functions.sdk.list().status == 200
                assert not site.service.health()["backends"]["vault"]["connected"]
        back_s = time.monotonic()
        wait_until(lambda: site.sdk.secrets().status == 200, "secrets are listed again", 5)
        took_s = time.monotonic() - back_s
        while time.monotonic() < back_s + TROUBLE_S:
            site.check(site.sdk.secrets(), 200)

    print(f"{trouble}: first success after {took_s:.2f} s, {report.requests} requests")
    assert (report.failed, report.repeated) == (0, 0), report
    assert (site.service.child.process.poll(), site.service.child.process.pid) == (
        None,
        service_pid,
    )
    assert site.service.health()["backends"]["vault"]["token_left_s"] > 80_000
    metrics = httpx.get(f"{site.service.gateway_url}/metrics").text
    assert 'faas_nomad_backend_token_left_seconds{backend="vault"}' in metrics
    site.check(site.sdk.update_secret(name, value := site.text()))
    site.wait_read(functions, function, name, value.encode())


def test_nothing_outside_the_prefix_is_asked_for_with_our_token(vault_site: VaultSite) -> None:
    """Whatever the tests before did, bad names included; logins and the mount's version apart."""
    asked = set(vault_site.vault.asked_by_policy("faas-nomad"))
    mount = KV["kv1"][0] if any(path.startswith(KV["kv1"][0]) for path in asked) else "secret"
    ours = (f"{mount}/openfaas", f"{mount}/data/openfaas/", f"{mount}/metadata/openfaas")
    own_token = {
        f"auth/{way}" for way in ("approle/login", "token/lookup-self", "token/renew-self")
    }
    version = f"sys/internal/ui/mounts/{mount}/openfaas"

    assert any(path.startswith(ours) for path in asked)
    assert {p for p in asked if not p.startswith(ours)} <= {*own_token, version}
    assert not [path for path in asked if ".." in path or "{{" in path]
