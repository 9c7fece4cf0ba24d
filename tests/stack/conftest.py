"""The whole product for tests: Nomad, faas-nomad on it, and the official client before it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.consul_server import run_consul
from support.consul_site import allow_identities, nomad_consul_config
from support.docker_engine import require_docker, run_docker_engine
from support.functions import Functions
from support.go_programs import build_go_program
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.podman_engine import require_podman, run_podman_engine
from support.secure_nomad import run_secure_nomad
from support.service import Service, run_service
from support.world import DISCOVERY, EVERY_WORLD, EchoImage, World


@pytest.fixture(scope="session")
def sdk_binary() -> Path:
    return build_go_program("sdk")


@pytest.fixture(scope="session")
def echo_binary() -> Path:
    return build_go_program("echo")


@pytest.fixture(scope="session", params=EVERY_WORLD)
def world(
    request: pytest.FixtureRequest,
    sdk_binary: Path,
    echo_binary: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """A real Nomad that runs functions with one driver, with or without a Consul.

    Most stack tests see both drivers, and one of them with Consul.
    """
    driver, _, asked = str(request.param).partition("/")
    discovery = DISCOVERY or asked
    nomad_binary = require_nomad()
    folder = tmp_path_factory.mktemp(f"world-{driver}-{discovery}-")
    with ExitStack() as stack:
        endpoint = podman_config = ""
        image = EchoImage("functions/echo:1", process=str(echo_binary))
        if driver == "docker":
            require_docker()
            engine = stack.enter_context(run_docker_engine())
            endpoint = engine.endpoint
            image = EchoImage(engine.publish("functions/echo:latest", echo_binary))
        if driver == "podman":
            podman = stack.enter_context(run_podman_engine(require_podman()))
            podman_config = podman.nomad_config()
            image = EchoImage(podman.publish("functions/echo:latest", echo_binary))
        if asked == "nomad-tls":
            secure = stack.enter_context(run_secure_nomad(nomad_binary, folder / "nomad"))
            where = (secure.address, secure.pid, sdk_binary, image, folder)
            yield World(driver, *where, secure=secure)
            return
        consul = None
        if discovery.startswith("consul"):
            has_acl = discovery == "consul-acl"
            consul = stack.enter_context(run_consul(folder / "consul", acl=has_acl))
        agent = stack.enter_context(
            run_nomad_agent(
                nomad_binary,
                folder / "nomad",
                docker_endpoint=endpoint,
                podman_config=podman_config,
                consul_config=nomad_consul_config(consul) if consul else "",
            )
        )
        if consul is not None:
            allow_identities(consul, agent.address)
        yield World(driver, agent.address, agent.pid, sdk_binary, image, folder, consul)


@pytest.fixture(scope="session")
def service(world: World) -> Iterator[Service]:
    """The service that most tests share; those that disturb it start their own."""
    with run_service(world.folder, world.nomad_url, world.settings("stack-")) as running:
        running.wait_for_nomad()
        yield running


@pytest.fixture
def functions(world: World, service: Service) -> Iterator[Functions]:
    """The shared service through the official client; what a test deploys goes with it."""
    with Functions(world, service) as deployed:
        yield deployed


@pytest.fixture(scope="module")
def module_functions(world: World, service: Service) -> Iterator[Functions]:
    """As `functions`, for what all tests of a module share."""
    with Functions(world, service) as deployed:
        yield deployed
