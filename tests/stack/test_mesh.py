"""Functions in Consul's service mesh, on a real Consul with ACLs whose own proxy is their sidecar.

ACLs deny by default, and so do intentions: what is not allowed is refused.
"""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.consul_server import ConsulServer
from support.functions import Functions
from support.mesh_site import mesh_settings, run_mesh_world, set_intention
from support.service import run_service
from support.waiting import wait_until
from support.world import World

pytestmark = [pytest.mark.real, pytest.mark.go]
PREFIX = "mesh-"
RENEWED = "a certificate of Consul's service mesh"
IN_FORCE_WITHIN_S = 20.0
SOON_GONE = {"com.openfaas.nomad.shutdown_delay": "1s"}


@pytest.fixture(scope="module")
def mesh_world(sdk_binary: Path, echo_binary: Path) -> Iterator[World]:
    with run_mesh_world(sdk_binary, echo_binary) as world:
        yield world


@pytest.fixture(scope="module")
def in_mesh(mesh_world: World) -> Iterator[Functions]:
    settings = mesh_settings(mesh_world, PREFIX)
    with run_service(mesh_world.folder, mesh_world.nomad_url, settings) as service:
        service.wait_for_nomad()
        with Functions(mesh_world, service) as functions:
            yield functions


@pytest.fixture(scope="module")
def name(in_mesh: Functions) -> str:
    """A function that nobody may call yet."""
    return in_mesh.deploy(in_mesh.world.deployment(annotations=SOON_GONE))


@pytest.fixture
def consul(mesh_world: World) -> ConsulServer:
    assert mesh_world.consul is not None
    return mesh_world.consul


def is_refused(answer: httpx.Response, name: str) -> bool:
    said = f"Consul's service mesh refuses us calls of: {name}.openfaas-fn.\n"
    internal = answer.headers.get("X-OpenFaaS-Internal")
    return (answer.status_code, internal, answer.text) == (502, "proxy", said)


def test_what_no_intention_allows_is_one_clear_502_each_time(in_mesh: Functions, name: str) -> None:
    for _ in range(50):
        assert is_refused(in_mesh.invoke(name, method="POST", content=b"x"), name)
        assert is_refused(in_mesh.invoke(name), name)

    assert in_mesh.status(name)["availableReplicas"] == 1
    metrics = in_mesh.http.get("/metrics").text
    assert 'faas_nomad_replica_errors_total{kind="mesh_refused"} 100.0' in metrics
    assert "faas_nomad_replica_ejections_total 0.0" in metrics


def test_what_an_intention_allows_is_called_through_the_sidecar_alone(
    in_mesh: Functions, name: str, consul: ConsulServer
) -> None:
    set_intention(consul, PREFIX + name, "allow")
    wait_until(lambda: in_mesh.invoke(name).status_code == 200, "allowed", IN_FORCE_WITHIN_S)

    sent = b"x" * 300_000
    assert in_mesh.echoed(name, method="POST", content=sent)["method"] == "POST"
    [alloc] = in_mesh.allocations(name)
    found = in_mesh.world.nomad.allocation.get_allocation(alloc["ID"])
    [port] = found["AllocatedResources"]["Shared"]["Ports"]
    assert port["Label"] == f"connect-proxy-{PREFIX}{name}"
    with socket.create_connection((port["HostIP"], port["Value"]), 5) as stranger:
        stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert not stranger.recv(100).startswith(b"HTTP/1.0 2")


def test_a_rolling_update_fails_no_request(in_mesh: Functions, name: str) -> None:
    sent = in_mesh.world.deployment("2", annotations=SOON_GONE)
    update = {**sent, "service": name}
    assert in_mesh.sdk.update(update).status == 202
    answers: set[int] = set()

    def is_new() -> bool:
        answer = in_mesh.invoke(name)
        answers.add(answer.status_code)
        return answer.status_code == 200 and answer.json()["version"] == "2"

    wait_until(is_new, "the new version answers", 60)
    assert answers == {200}


def test_a_new_authority_and_certificate_are_taken_without_a_failed_call(
    in_mesh: Functions, name: str, consul: ConsulServer
) -> None:
    log = in_mesh.service.child.log_file
    before = log.read_text().count(RENEWED)
    config = {"LeafCertTTL": "72h", "PrivateKeyType": "ec", "PrivateKeyBits": 384}
    body = {"Provider": "consul", "Config": config}
    reply = consul.ask("PUT", "/v1/connect/ca/configuration", json=body)
    assert reply.is_success, reply.text

    def is_renewed() -> bool:
        assert in_mesh.invoke(name).status_code == 200
        return log.read_text().count(RENEWED) > before

    wait_until(is_renewed, "a certificate of the new authority", 30)
    in_mesh.scale(name, 2)
    in_mesh.wait_available(name, 2)
    seen = {in_mesh.echoed(name)["instance"] for _ in range(40)}
    assert len(seen) == 2
    assert "PRIVATE KEY" not in log.read_text()


def test_worker_processes_are_members_too(
    in_mesh: Functions, name: str, consul: ConsulServer
) -> None:
    world = in_mesh.world
    folder = world.folder / "workers"
    folder.mkdir()
    set_intention(consul, PREFIX + name, "deny")
    with run_service(folder, world.nomad_url, mesh_settings(world, PREFIX, workers="2")) as other:
        other.wait_for_nomad()
        url = f"{other.gateway_url}/function/{name}"
        wait_until(lambda: is_refused(httpx.get(url), name), "refused", IN_FORCE_WITHIN_S)
        assert all(is_refused(httpx.get(url), name) for _ in range(20))

        set_intention(consul, PREFIX + name, "allow")
        wait_until(lambda: httpx.get(url).status_code == 200, "allowed", IN_FORCE_WITHIN_S)
        wait_until(
            lambda: all(httpx.get(url).status_code == 200 for _ in range(20)),
            "both workers and all sidecars know",
            IN_FORCE_WITHIN_S,
        )


def test_a_function_may_decline(in_mesh: Functions) -> None:
    plain = {**SOON_GONE, "com.openfaas.nomad.connect": "false"}
    name = in_mesh.deploy(in_mesh.world.deployment(annotations=plain))

    assert in_mesh.invoke(name).status_code == 200
