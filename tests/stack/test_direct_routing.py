"""Real HAProxy before functions, by the shipped job: the requests that it sends past us."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from support.direct import Direct
from support.functions import Functions
from support.nomad_agent import NomadAgent, free_ports
from support.requirements import lacking
from support.service import run_service
from support.shipped_jobs import as_raw_exec, run_job, shipped_job
from support.waiting import wait_until
from support.world import CONSUL, RAW_EXEC, World

pytestmark = pytest.mark.parametrize("world", [RAW_EXEC, CONSUL], indirect=True)
HAPROXY = Path("/usr/sbin/haproxy")
JOB = "faas-haproxy"


@pytest.fixture(scope="module")
def direct(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    if not HAPROXY.exists():
        lacking(f"no HAProxy at {HAPROXY}")
    if world.consul is not None and world.consul.token:
        jwks_url = f"{world.nomad_url}/.well-known/jwks.json"
        world.consul.provision(NOMAD_JWKS_URL=jwks_url, PROVIDER_JOB=JOB, JOB_PREFIX="direct-")
    folder = tmp_path_factory.mktemp("direct")
    settings = world.settings("direct-", balancer_tags="haproxy")
    [port] = free_ports(1)
    with ExitStack() as stack:
        service = stack.enter_context(run_service(folder, world.nomad_url, settings))
        service.wait_for_nomad()
        stack.callback(httpx.delete, f"{world.nomad_url}/v1/job/{JOB}", params={"purge": "true"})
        variables: dict[str, str | int] = {
            "port": port,
            "gateway": urlsplit(service.gateway_url).netloc,
            "discovery": "consul" if world.consul else "nomad",
        }
        job = as_raw_exec(
            shipped_job("haproxy.nomad.hcl", variables), {"haproxy": [str(HAPROXY), "-W", "-db"]}
        )
        run_job(NomadAgent(world.nomad_url, "", folder, world.nomad_pid), job)
        with Functions(world, service) as functions:
            found = Direct(functions, f"http://127.0.0.1:{port}")
            wait_until(lambda: found.is_up("/healthz"), "HAProxy answers", 30)
            yield found


def test_requests_go_to_a_replica_as_its_callers_wrote_them(direct: Direct) -> None:
    name = direct.functions.deploy(direct.functions.world.deployment())
    direct.wait_direct(name)

    for path, seen in {"": "/", "/": "/", "/a/b?c=d%2F": "/a/b?c=d%2F", "?x=1": "/?x=1"}.items():
        for spelled in (name, f"{name}.openfaas-fn"):
            assert direct.get(f"/function/{spelled}{path}").json()["uri"] == seen


def test_what_haproxy_does_not_know_is_faas_nomads(direct: Direct) -> None:
    sent = direct.functions.world.deployment(
        annotations={"com.openfaas.nomad.direct_routing": "false"}
    )
    name = direct.functions.deploy(sent)

    assert direct.get("/system/functions").status_code == 200
    assert direct.get("/function/no-such-function").status_code == 404
    assert direct.get(f"/function/{name}").status_code == 200
    assert direct.carried_by_us(name) == 1


@pytest.mark.timeout(240)
def test_scaling_from_1_to_4_and_back_fails_no_request_at_1000_a_second(direct: Direct) -> None:
    direct.check_scaling_under_load()
