"""Images from a registry that asks for a password, pulled by the real Docker on a real node."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.docker_engine import (
    PRIVATE_PASSWORD,
    PrivateRegistry,
    require_docker,
    run_docker_engine,
    run_private_registry,
)
from support.functions import Functions
from support.mounts import unmount_below
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.secret_site import SecretSite
from support.service import run_service
from support.vault_server import VaultServer, nomad_vault_block, run_vault
from support.waiting import wait_until
from support.world import EchoImage, World

pytestmark = [pytest.mark.real, pytest.mark.go, pytest.mark.docker, pytest.mark.timeout(180)]

INSTALLED = "for-all-images"
SECRET = "com.openfaas.nomad.registry_secret"


@dataclass(frozen=True)
class Site:
    """A service whose functions' images are in a private registry."""

    registry: PrivateRegistry
    world: World
    secrets: SecretSite
    echo: Path


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRegistry]:
    require_docker()
    folder = tmp_path_factory.mktemp("registry")
    with run_docker_engine() as engine, run_private_registry(engine, folder) as found:
        yield found


@pytest.fixture(scope="module", params=["nomad", "kv1", "kv2"])
def site(
    request: pytest.FixtureRequest,
    registry: PrivateRegistry,
    sdk_binary: Path,
    echo_binary: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        stack.callback(unmount_below, folder)
        vault = None if request.param == "nomad" else stack.enter_context(run_vault(folder / "v"))
        agent = stack.enter_context(
            run_nomad_agent(
                require_nomad(),
                folder / "nomad",
                docker_endpoint=registry.engine.endpoint,
                more_config=nomad_vault_block(vault.address) if vault else "",
            )
        )
        echo = EchoImage("set/by:each-test")
        world = World("docker", agent.address, agent.pid, sdk_binary, echo, folder)
        more = in_vault(vault, agent.address, request.param[-1]) if vault else {}
        settings = world.settings("openfaas-", registry_secret=INSTALLED, log_level="debug", **more)
        service = stack.enter_context(run_service(folder, world.nomad_url, settings))
        service.wait_for_nomad()
        secrets = stack.enter_context(SecretSite(world, service))
        secrets.used.append(PRIVATE_PASSWORD.encode())
        yield Site(registry, world, secrets, echo_binary)
        assert secrets.leaks() == []


def in_vault(vault: VaultServer, nomad_url: str, version: str) -> dict[str, str]:
    vault.provision(KV_VERSION=version, NOMAD_JWKS_URL=f"{nomad_url}/.well-known/jwks.json")
    role_id, secret_id = vault.app_role()
    return {
        "vault_addr": vault.address,
        "vault_app_role_id": role_id,
        "vault_app_secret_id": secret_id,
    }


@pytest.fixture
def functions(site: Site) -> Iterator[Functions]:
    with Functions(site.world, site.secrets.service) as deployed:
        yield deployed
        site.secrets.remember_nomad()


def test_an_image_is_pulled_with_the_secret_s_login_which_nobody_sees(
    site: Site, functions: Functions
) -> None:
    image = site.registry.publish("private/echo:1", site.echo)
    secret = site.secrets.create(site.registry.login(f"http://{site.registry.address}/v2/"))
    own = site.secrets.create(site.secrets.text())
    sent = site.world.deployment(image=image, annotations={SECRET: secret}, secrets=[own])

    function = functions.deploy(sent)

    echoed = functions.echoed(function)
    job = functions.world.nomad.job.get_job(functions.job_id(function))
    for place in (json.dumps(echoed), json.dumps(job)):
        assert "s3cret of a" not in place
        assert "puller" not in place
    assert functions.status(function)["secrets"] == [own]


def test_a_wrong_login_fails_and_an_update_of_the_secret_mends_it(
    site: Site, functions: Functions
) -> None:
    image = site.registry.publish("private/echo:2", site.echo)
    secret = site.secrets.create(site.registry.login(site.registry.address, "wrong"))
    sent = site.world.deployment(image=image, annotations={SECRET: secret})

    functions.send(sent)
    wait_until(lambda: "Failed to pull" in events(functions, sent["service"]), "it fails", 60)
    right = site.registry.login(site.registry.address)
    site.secrets.check(site.secrets.sdk.update_secret(secret, right))

    functions.wait_available(sent["service"], 1)


def events(functions: Functions, function: str) -> str:
    found = functions.world.nomad.job.get_allocations(functions.job_id(function))
    return json.dumps([alloc["TaskStates"] for alloc in found])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "a secret that exists"),
        ("no json", "Docker's config.json"),
        (PrivateRegistry.login("other.io"), "a secret with a login for "),
    ],
    ids=["missing", "no-config", "another-registry"],
)
def test_a_secret_of_no_use_is_refused_with_its_name(
    site: Site, functions: Functions, value: str | None, expected: str
) -> None:
    secret = site.secrets.create(value) if value else "is-missing"
    image = f"{site.registry.address}/private/echo:1"

    refused = site.secrets.sdk.deploy(
        site.world.deployment(image=image, annotations={SECRET: secret})
    )

    site.secrets.check(refused, 400)
    assert f'"{secret}"' in refused.body
    assert expected in refused.body
    assert refused.body.count("\n") == 1


def test_the_installation_s_secret_serves_functions_that_name_none(
    site: Site, functions: Functions
) -> None:
    image = site.registry.publish("private/echo:3", site.echo)
    site.secrets.create(site.registry.login(site.registry.address), INSTALLED)

    function = functions.deploy(site.world.deployment(image=image))

    assert functions.echoed(function)["version"] == "1"
