"""Real HAProxy before functions, by the shipped job: the requests that it sends past us."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support.direct import Direct, behind
from support.requirements import lacking
from support.shipped_jobs import as_raw_exec, shipped_job
from support.world import CONSUL, RAW_EXEC, Json, World

pytestmark = pytest.mark.parametrize("world", [RAW_EXEC, CONSUL], indirect=True)
HAPROXY = Path("/usr/sbin/haproxy")


@pytest.fixture(scope="module")
def direct(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    if not HAPROXY.exists():
        lacking(f"no HAProxy at {HAPROXY}")
    if world.consul is not None and world.consul.token:
        jwks_url = f"{world.nomad_url}/.well-known/jwks.json"
        world.consul.provision(
            NOMAD_JWKS_URL=jwks_url, PROVIDER_JOB="faas-haproxy", JOB_PREFIX="haproxy-"
        )
    folder, job = tmp_path_factory.mktemp("haproxy"), partial(haproxy_job, world)
    with behind(world, folder, "haproxy", job, "/healthz") as found:
        yield found


def haproxy_job(world: World, gateway_url: str, port: int) -> Json:
    variables: dict[str, str | int] = {
        "port": port,
        "gateway": urlsplit(gateway_url).netloc,
        "discovery": "consul" if world.consul else "nomad",
    }
    job = shipped_job("haproxy.nomad.hcl", variables)
    return as_raw_exec(job, {"haproxy": [str(HAPROXY), "-W", "-db"]})


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
