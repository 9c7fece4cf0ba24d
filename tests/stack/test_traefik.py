"""Real Traefik before functions, by the shipped job; run where `traefik` is on PATH."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from support.direct import Direct
from support.functions import Functions
from support.nomad_agent import NomadAgent, free_ports
from support.service import run_service
from support.shipped_jobs import as_raw_exec, run_job, shipped_job
from support.waiting import wait_until
from support.world import CONSUL, RAW_EXEC, World

pytestmark = pytest.mark.parametrize("world", [RAW_EXEC, CONSUL], indirect=True)
JOB = "faas-traefik"


@pytest.fixture(scope="module")
def direct(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    """Traefik has no way to the functions but their tags: it knows nothing of faas-nomad."""
    traefik = shutil.which("traefik")
    if traefik is None:
        pytest.skip("no traefik on PATH: it takes long to build, so it is in no set-up of ours")
    folder = tmp_path_factory.mktemp("traefik")
    settings = world.settings("traefik-", balancer_tags="traefik")
    [port] = free_ports(1)
    variables: dict[str, str | int] = {"port": port, "nomad_addr": world.nomad_url}
    if world.consul is not None:
        variables |= {"discovery": "consul", "consul_addr": f"127.0.0.1:{world.consul.port}"}
    job = as_raw_exec(shipped_job("traefik.nomad.hcl", variables), {"traefik": [traefik]})
    if world.consul is not None:
        token = {"CONSUL_HTTP_TOKEN": world.consul.token}
        job["TaskGroups"][0]["Tasks"][0]["Env"] = token
    with ExitStack() as stack:
        service = stack.enter_context(run_service(folder, world.nomad_url, settings))
        service.wait_for_nomad()
        stack.callback(httpx.delete, f"{world.nomad_url}/v1/job/{JOB}", params={"purge": "true"})
        run_job(NomadAgent(world.nomad_url, "", folder, world.nomad_pid), job)
        with Functions(world, service) as functions:
            found = Direct(functions, f"http://127.0.0.1:{port}")
            wait_until(lambda: found.is_up("/ping"), "Traefik answers", 30)
            yield found


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
