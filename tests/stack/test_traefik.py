"""Real Traefik before functions, by the shipped job; run where `traefik` is on PATH."""

import shutil
from collections.abc import Iterator
from functools import partial

import pytest

from support.direct import Direct, behind
from support.shipped_jobs import as_raw_exec, shipped_job
from support.world import CONSUL, RAW_EXEC, Json, World

pytestmark = pytest.mark.parametrize("world", [RAW_EXEC, CONSUL], indirect=True)


@pytest.fixture(scope="module")
def direct(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    """Traefik has no way to the functions but their tags: it knows nothing of faas-nomad."""
    traefik = shutil.which("traefik")
    if traefik is None:
        pytest.skip("no traefik on PATH: it takes long to build, so it is in no set-up of ours")
    with behind(
        world,
        tmp_path_factory.mktemp("traefik"),
        "traefik",
        partial(traefik_job, world, traefik),
        "/ping",
    ) as found:
        yield found


def traefik_job(world: World, traefik: str, _gateway_url: str, port: int) -> Json:
    variables: dict[str, str | int] = {"port": port, "nomad_addr": world.nomad_url}
    if world.consul is None:
        return as_raw_exec(shipped_job("traefik.nomad.hcl", variables), {"traefik": [traefik]})
    variables |= {"discovery": "consul", "consul_addr": f"127.0.0.1:{world.consul.port}"}
    job = as_raw_exec(shipped_job("traefik.nomad.hcl", variables), {"traefik": [traefik]})
    job["TaskGroups"][0]["Tasks"][0]["Env"] = {"CONSUL_HTTP_TOKEN": world.consul.token}
    return job


def test_requests_go_to_a_replica_without_the_prefix(direct: Direct) -> None:
    name = direct.functions.deploy(direct.functions.world.deployment())
    direct.wait_direct(name)

    for path, seen in {"": "/", "/": "/", "/a/b?c=d%2F": "/a/b?c=d%2F", "?x=1": "/?x=1"}.items():
        for spelled in (name, f"{name}.openfaas-fn"):
            assert direct.get(f"/function/{spelled}{path}").json()["uri"] == seen


def test_a_function_that_stays_out_of_it_is_not_routed(direct: Direct) -> None:
    annotations = {"com.openfaas.nomad.direct_routing": "false"}
    name = direct.functions.deploy(direct.functions.world.deployment(annotations=annotations))
    other = direct.functions.deploy(direct.functions.world.deployment())
    direct.wait_direct(other)

    assert direct.get(f"/function/{name}").status_code == 404
    assert direct.get("/system/functions").status_code == 404


@pytest.mark.timeout(240)
def test_scaling_from_1_to_4_and_back_fails_no_request_at_1000_a_second(direct: Direct) -> None:
    direct.check_scaling_under_load()
