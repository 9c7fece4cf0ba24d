"""Functions registered with Consul and found there: verdicts, restarts, names used again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from support.consul_server import ConsulServer
from support.functions import Functions, serving
from support.load import load
from support.processes import connections_to
from support.waiting import wait_until
from support.world import CONSUL, DISCOVERY, World

pytestmark = pytest.mark.parametrize("world", [CONSUL], indirect=True)
PREFIX = "consul-"
ROUNDS = 50 if DISCOVERY else 8
KILLED_S = 30.0 if DISCOVERY else 8.0
NOTICED_WITHIN_S = 20.0
EVERY_SECOND = {
    "com.openfaas.nomad.check.interval": "1s",
    "com.openfaas.nomad.check.restart_limit": "0",
}
ALL_METHODS = ("GET", "POST", "PUT", "DELETE")


@pytest.fixture(scope="module")
def of_consul(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Functions]:
    """A service of its own on the world's Nomad and Consul."""
    folder = tmp_path_factory.mktemp("consul-service")
    with serving(world, folder, PREFIX, consul_grace="20s") as functions:
        yield functions


@pytest.fixture
def consul(world: World) -> ConsulServer:
    assert world.consul is not None
    return world.consul


def is_consul_there(functions: Functions) -> bool:
    return bool(functions.service.health()["backends"]["consul"]["connected"])


def test_a_function_is_registered_with_consul_and_not_with_nomad(
    of_consul: Functions, consul: ConsulServer
) -> None:
    name = of_consul.deploy(of_consul.world.deployment())

    [instance] = consul.passing(PREFIX + name)
    assert of_consul.allocations(name)[0]["ID"] in instance["Service"]["ID"]
    assert httpx.get(f"{of_consul.world.nomad_url}/v1/services").json() == []


def test_a_replica_that_fails_its_check_gets_no_requests_until_it_passes(
    of_consul: Functions, consul: ConsulServer, tmp_path: Path
) -> None:
    mark = tmp_path / "unhealthy"
    # The watchdog answers for itself on /_/health, and asks the function on /_/ready.
    env = {"UNHEALTHY_WHILE": str(mark), "ready_path": "/_/health"}
    checked = {**EVERY_SECOND, "com.openfaas.health.http.path": "/_/ready"}
    sent = of_consul.world.deployment(envVars=env, annotations=checked)
    name = of_consul.deploy(sent)

    mark.touch()
    wait_until(lambda: consul.passing(PREFIX + name) == [], "Consul finds it failing", 20)
    wait_until(lambda: of_consul.status(name).get("availableReplicas", 0) == 0, "left out", 5)
    assert len(of_consul.allocations(name)) == 1
    with pytest.raises(httpx.ReadTimeout):  # it waits for a replica
        httpx.get(of_consul.url(name), timeout=1.5)
    mark.unlink()

    wait_until(lambda: of_consul.invoke(name).status_code == 200, "it is back", 20)


@pytest.mark.timeout(20 * ROUNDS)
def test_a_name_used_again_never_leads_to_the_old_address(of_consul: Functions) -> None:
    sent = of_consul.world.deployment(annotations=EVERY_SECOND)
    seen: set[str] = set()
    for number in range(ROUNDS):
        version = f"round-{number}"
        env_vars = {**sent["envVars"], "VERSION": version}
        name = of_consul.deploy({**sent, "envVars": env_vars})
        answers = [of_consul.echoed(name) for _ in range(20)]

        assert {answer["version"] for answer in answers} == {version}
        instances = {answer["instance"] for answer in answers}
        assert not instances & seen
        seen |= instances
        assert of_consul.sdk.delete(name).status == 202
        assert of_consul.invoke(name).status_code == 404
    assert len(seen) == ROUNDS
    of_consul.deploy(sent)


@contextmanager
def killed(consul: ConsulServer) -> Iterator[None]:
    consul.kill()
    try:
        yield
    finally:
        consul.start()


@pytest.mark.timeout(240)
def test_a_consul_that_is_killed_under_load_fails_no_request(
    of_consul: Functions, consul: ConsulServer
) -> None:
    sent = of_consul.world.deployment(labels={"com.openfaas.scale.min": "2"})
    name = of_consul.deploy(sent, available=2)
    url, binary = of_consul.url(name), of_consul.sdk.binary

    with load(binary, url, rate=200, methods=ALL_METHODS) as report:
        with killed(consul):
            wait_until(lambda: not is_consul_there(of_consul), "it is noticed", NOTICED_WITHIN_S)
            metrics = of_consul.http.get("/metrics").text
            assert 'faas_nomad_backend_up{backend="consul"} 0.0' in metrics
            assert "Consul is away" in of_consul.service.child.log_file.read_text()
            time.sleep(KILLED_S)
        wait_until(lambda: is_consul_there(of_consul), "it is found again", NOTICED_WITHIN_S)
        wait_until(lambda: len(consul.passing(PREFIX + name)) == 2, "both replicas pass again", 60)
        time.sleep(5)

    assert (report.failed, report.repeated, report.failures) == (0, 0, [])
    assert report.requests > 100 * KILLED_S
    of_consul.scale(name, 3)
    of_consul.wait_available(name, 3)


def test_a_replica_that_dies_while_consul_is_away_is_left_out_and_comes_back(
    of_consul: Functions, consul: ConsulServer
) -> None:
    sent = of_consul.world.deployment(labels={"com.openfaas.scale.min": "2"})
    name = of_consul.deploy(sent, available=2)
    with killed(consul):
        wait_until(lambda: not is_consul_there(of_consul), "it is noticed", NOTICED_WITHIN_S)
        of_consul.kill_one_replica(name)
        for _ in range(50):
            assert of_consul.invoke(name).status_code == 200
        of_consul.wait_available(name, 2)
    wait_until(lambda: is_consul_there(of_consul), "it is found again", NOTICED_WITHIN_S)
    of_consul.wait_available(name, 2)
    for _ in range(50):
        assert of_consul.invoke(name).status_code == 200


def test_one_connection_to_consul_serves_all_functions(
    of_consul: Functions, consul: ConsulServer
) -> None:
    for _ in range(3):
        of_consul.deploy(of_consul.world.deployment())

    assert connections_to(of_consul.service.child.process.pid, consul.port) == 1
