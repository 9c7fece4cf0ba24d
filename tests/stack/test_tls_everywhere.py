"""Nomad, Consul and Vault with ACLs and mutual TLS, and faas-nomad with the least rights on each.

Functions are found through Consul and their secrets are in Vault; tasks log in to both by their
workload identities.
"""

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from faas_nomad.clients.tls import TlsFiles, tls_context
from stack.test_logs import wait_read, write
from support.functions import Functions
from support.secret_site import SecretSite
from support.secure_site import JWKS, SecureSite, run_secure_site
from support.service import Service, run_service
from support.world import EchoImage, World

pytestmark = [pytest.mark.real, pytest.mark.go]
PREFIX = "openfaas-"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureSite]:
    with run_secure_site(tmp_path_factory.mktemp("secure")) as site:
        yield site


@pytest.fixture(scope="module")
def world(
    secure: SecureSite,
    tmp_path_factory: pytest.TempPathFactory,
    sdk_binary: Path,
    echo_binary: Path,
) -> World:
    nomad, echo = secure.nomad, EchoImage("functions/echo:1", process=str(echo_binary))
    where = (nomad.address, nomad.pid, sdk_binary, echo, tmp_path_factory.mktemp("service"))
    return World("raw_exec", *where, consul=secure.consul, secure=nomad)


@pytest.fixture(scope="module")
def settings(world: World, secure: SecureSite) -> dict[str, str]:
    return world.settings(PREFIX, **secure.settings(), log_level="debug")


@pytest.fixture(scope="module")
def service(world: World, settings: dict[str, str]) -> Iterator[Service]:
    with run_service(world.folder, world.nomad_url, settings) as running:
        running.wait_for_nomad()
        yield running


def credentials(settings: dict[str, str]) -> dict[str, str]:
    """Return the service's own credential for each of the three."""
    return {
        "nomad": Path(settings["nomad_token_file"]).read_text(),
        "consul": settings["consul_http_token"],
        "vault": settings["vault_app_secret_id"],
    }


@pytest.mark.timeout(180)
def test_a_function_with_a_secret_lives_its_whole_life_and_nothing_of_it_is_given_away(
    world: World, service: Service, secure: SecureSite, settings: dict[str, str]
) -> None:
    with SecretSite(world, service) as site, Functions(world, service) as functions:
        first, second = site.text(), site.text()
        secret = site.create(first)
        name = functions.deploy(world.deployment(secrets=[secret]))
        assert site.read(functions, name, secret).text == first
        assert functions.sdk.invoke(name, body="hello").status == 200
        [instance] = secure.consul.passing(PREFIX + name)
        assert functions.allocations(name)[0]["ID"] in instance["Service"]["ID"]

        functions.scale(name, 2)
        functions.wait_available(name, 2)
        write(functions, name, "a line of the log")
        wait_read(functions, name, "a line of the log")
        site.check(site.sdk.update_secret(secret, second))
        site.wait_read(functions, name, secret, second.encode())
        functions.scale(name, 1)
        functions.wait_available(name, 1)
        site.remember_nomad()

        assert functions.sdk.delete(name).status == 202
        assert functions.invoke(name).status_code == 404
        assert site.leaks() == []
    log = service.child.log_file.read_text()
    assert [whose for whose, value in credentials(settings).items() if value in log] == []


def test_tasks_log_in_to_consul_and_vault_by_their_own_identity(
    world: World, service: Service, secure: SecureSite
) -> None:
    with SecretSite(world, service) as site, Functions(world, service) as functions:
        secret = site.create(site.text())
        name = functions.deploy(world.deployment(secrets=[secret]))

        tokens = secure.consul.get("/v1/acl/tokens", authmethod="nomad-workloads")
        given = [
            one["ServiceName"] for token in tokens for one in token.get("ServiceIdentities", [])
        ]
        assert PREFIX + name in given
        assert f"secret/data/openfaas/{secret}" in secure.vault.asked_by_policy("openfaas")


def ask(url: str, files: TlsFiles, headers: dict[str, str] | None = None) -> int:
    return httpx.get(url, headers=headers, verify=tls_context(files), timeout=10).status_code


def anybody(secure: SecureSite) -> TlsFiles:
    """Return the side of a caller who has no certificate."""
    return TlsFiles(ca_file=secure.own_files.ca_file)


def test_whoever_lacks_a_certificate_or_a_token_gets_nothing_from_any_of_the_three(
    secure: SecureSite,
) -> None:
    for url in (
        f"{secure.nomad.address}/v1/nodes",
        f"{secure.consul.address}/v1/agent/self",
        f"{secure.vault.address}/v1/sys/mounts",
    ):
        assert ask(url, secure.own_files) == 403, url
        with pytest.raises((httpx.TransportError, ssl.SSLError)):
            ask(url, anybody(secure))


def test_the_service_s_credentials_open_nothing_besides(
    secure: SecureSite, settings: dict[str, str]
) -> None:
    own, files = credentials(settings), secure.own_files
    nomad, consul = {"X-Nomad-Token": own["nomad"]}, {"X-Consul-Token": own["consul"]}
    body = {"role_id": settings["vault_app_role_id"], "secret_id": own["vault"]}
    login = f"{secure.vault.address}/v1/auth/approle/login"
    made = httpx.put(login, json=body, verify=tls_context(files)).json()
    vault = {"X-Vault-Token": made["auth"]["client_token"]}

    assert ask(f"{secure.nomad.address}/v1/jobs", files, nomad) == 200
    assert ask(f"{secure.nomad.address}/v1/acl/tokens", files, nomad) == 403
    assert ask(f"{secure.nomad.address}/v1/var/other", files, nomad) == 403
    assert ask(f"{secure.consul.address}/v1/kv/any", files, consul) == 403
    assert ask(f"{secure.consul.address}/v1/acl/tokens", files, consul) == 403
    assert ask(f"{secure.vault.address}/v1/sys/mounts", files, vault) == 403
    assert ask(f"{secure.vault.address}/v1/secret/data/other", files, vault) == 403


def test_keys_are_handed_out_to_whoever_asks_and_nothing_else_is(secure: SecureSite) -> None:
    proxy = secure.jwks_url.removesuffix(JWKS)

    assert ask(secure.jwks_url, anybody(secure)) == 200
    for path in ("/v1/status/leader", f"{JWKS}?a=b"):
        assert ask(secure.nomad.address + path, secure.own_files) == 200, path
        assert ask(proxy + path, anybody(secure)) == 403, path


def test_consul_and_vault_cannot_fetch_the_keys_from_nomad_itself(secure: SecureSite) -> None:
    """They show no certificate: this is what the proxy is for, and what is said without it."""
    straight = {"NOMAD_JWKS_URL": secure.nomad.address + JWKS}
    straight["NOMAD_CA_FILE"] = secure.own_files.ca_file

    with pytest.raises(AssertionError, match="certificate required"):
        secure.consul.provision(**straight, AUTH_METHOD="straight")
    with pytest.raises(AssertionError, match="error checking jwks URL"):
        secure.vault.provision(**straight)
