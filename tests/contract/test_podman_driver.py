"""The podman driver takes every option that is sent to it, and means what we mean.

Nomad's server never looks into a driver's Config; a key that the plugin does not know kills the
task at its start. Run with the plugin 0.6.5 and Podman 4.3.1.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.policy import SAFE_CONTAINER_OPTIONS, JobPolicy
from support.certificates import make_authority
from support.deployments import OURS, deployment
from support.docker_engine import run_registry
from support.go_programs import build_go_program
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.podman_engine import PodmanEngine, require_podman, run_podman_engine
from support.stopping_jobs import stop_job
from support.waiting import wait_until

pytestmark = [pytest.mark.real, pytest.mark.go]

READY_WITHIN_S = 60.0
SPITEFUL = "${NOMAD_ALLOC_ID} $${x} %{if true}y%{endif}"
OPTIONS = {
    "cap_add": "chown",
    "cap_drop": "all",
    "cpu_cfs_period": "50000",
    "extra_hosts": "db:10.0.0.1",
    "hostname": "figlet-host",
    "init": "false",
    "pids_limit": "100",
    "security_opt": "no-new-privileges",
    "shm_size": "1m",
    "sysctl": "net.core.somaxconn=1024",
    "ulimit": "nofile=1024:2048,nproc=100:200",
    "working_dir": "/tmp",
    "args": f"'{SPITEFUL}'",
}


@pytest.fixture(scope="module")
def engine() -> Iterator[PodmanEngine]:
    with run_podman_engine(require_podman()) as found:
        yield found


@pytest.fixture(scope="module")
def nomad(engine: PodmanEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("nomad")
    config = engine.nomad_config()
    with (
        run_nomad_agent(require_nomad(), folder, podman_config=config) as agent,
        httpx.Client(base_url=agent.address, timeout=30) as client,
    ):
        wait_until(lambda: has_podman(client), "the node has podman", READY_WITHIN_S)
        yield client


@pytest.fixture(scope="module")
def program() -> Path:
    return build_go_program("echo")


@pytest.fixture(scope="module")
def image(engine: PodmanEngine, program: Path) -> str:
    return engine.publish("echo:v1", program)


def has_podman(nomad: httpx.Client) -> bool:
    (node,) = nomad.get("/v1/nodes").json()
    return bool(node["Drivers"].get("podman", {}).get("Healthy"))


@contextmanager
def running(nomad: httpx.Client, fn: FunctionDeployment) -> Iterator[None]:
    allowed = SAFE_CONTAINER_OPTIONS | {"security_opt", "sysctl"}
    job = job_from_deployment(
        fn,
        JobPolicy(driver="podman", container_options=allowed),
        nomad_namespace="default",
        job_id="openfaas-figlet",
        count=1,
        created_ns=1,
    )
    reply = nomad.post("/v1/jobs", json={"Job": job})
    assert reply.status_code == 200, reply.text
    try:
        yield
    finally:
        stop_job(nomad, "openfaas-figlet")


@contextmanager
def container(
    nomad: httpx.Client, engine: PodmanEngine, fn: FunctionDeployment
) -> Iterator[dict[str, Any]]:
    """Run a function and give what the engine says of its container."""
    with running(nomad, fn):
        allocation = wait_until(lambda: answering(nomad), "the function answers", READY_WITHIN_S)
        (inspected,) = json.loads(engine.podman("inspect", f"fn-{allocation}"))
        yield inspected


def answering(nomad: httpx.Client) -> str:
    for allocation in nomad.get("/v1/allocations", params={"resources": "true"}).json():
        if allocation["ClientStatus"] == "failed":
            pytest.fail(str(allocation["TaskStates"]["fn"]["Events"]))
        if allocation["ClientStatus"] == "running":
            ports = allocation["AllocatedResources"]["Shared"]["Ports"]
            (port,) = [one["Value"] for one in ports if one["Label"] == "http"]
            try:
                httpx.get(f"http://127.0.0.1:{port}/_/health", timeout=2)
            except httpx.TransportError:
                return ""
            return str(allocation["ID"])
    return ""


def failure(nomad: httpx.Client) -> str:
    states = [one["TaskStates"] or {} for one in nomad.get("/v1/allocations").json()]
    events = [event for one in states if "fn" in one for event in one["fn"]["Events"]]
    said = [event["DisplayMessage"] for event in events if event["Type"] == "Driver Failure"]
    return said[0] if said else ""


def test_a_plain_function_runs_without_rights(
    nomad: httpx.Client, engine: PodmanEngine, image: str
) -> None:
    with container(nomad, engine, deployment(image=image, envVars={"a": SPITEFUL})) as inspected:
        config, host = inspected["Config"], inspected["HostConfig"]

    assert f"a={SPITEFUL}" in config["Env"]
    assert "fprocess=cat" in config["Env"]
    assert "OPENFAAS_NAME=figlet" in config["Env"]
    assert config["Labels"]["com.openfaas.function"] == "figlet"
    assert inspected["EffectiveCaps"] in (None, [])
    assert host["PidsLimit"] == 256
    assert host["Memory"] == 128 << 20
    assert host["ReadonlyRootfs"] is False
    assert list(host["PortBindings"]) == ["8080/tcp", "8080/udp"]


def test_a_limited_function_with_a_read_only_root(
    nomad: httpx.Client, engine: PodmanEngine, image: str
) -> None:
    fn = deployment(
        image=image, limits={"cpu": "100m", "memory": "20Mi"}, readOnlyRootFilesystem=True
    )
    with container(nomad, engine, fn) as inspected:
        host = inspected["HostConfig"]

    assert host["ReadonlyRootfs"] is True
    assert "size=64m" in host["Tmpfs"]["/tmp"]
    assert host["Memory"] == 20 << 20
    assert 0 < host["CpuQuota"] < host["CpuPeriod"]


def test_every_option_reaches_the_engine_as_it_was_written(
    nomad: httpx.Client, engine: PodmanEngine, image: str
) -> None:
    annotations = {f"{OURS}podman.{name}": text for name, text in OPTIONS.items()}
    with container(nomad, engine, deployment(image=image, annotations=annotations)) as inspected:
        config, host = inspected["Config"], inspected["HostConfig"]

    assert config["Cmd"] == [SPITEFUL]
    assert config["Hostname"] == "figlet-host"
    assert config["WorkingDir"] == "/tmp"
    assert inspected["EffectiveCaps"] == ["CAP_CHOWN"]
    assert host["ExtraHosts"] == ["db:10.0.0.1"]
    assert host["PidsLimit"] == 100
    assert "no-new-privileges" in host["SecurityOpt"]
    assert host["ShmSize"] == 1 << 20
    assert {"Name": "RLIMIT_NOFILE", "Soft": 1024, "Hard": 2048} in host["Ulimits"]


def test_a_function_on_the_hosts_network_listens_on_its_own_port(
    nomad: httpx.Client, engine: PodmanEngine, image: str
) -> None:
    annotations = {f"{OURS}network_mode": "host"}

    with container(nomad, engine, deployment(image=image, annotations=annotations)) as inspected:
        assert inspected["HostConfig"]["NetworkMode"] == "host"


def test_an_image_of_a_registry_that_nobody_vouches_for_is_not_run(
    nomad: httpx.Client, engine: PodmanEngine, program: Path, tmp_path: Path
) -> None:
    unknown = make_authority(tmp_path / "unknown").issue("registry")
    with run_registry(tmp_path, tls=unknown) as address:
        published = engine.publish("echo:v1", program)
        reference = f"{address}/echo:v1"
        engine.podman("pull", "--quiet", published)
        engine.podman("tag", published, reference)
        engine.podman("push", "--quiet", "--tls-verify=false", reference)
        engine.podman("rmi", reference)

        with running(nomad, deployment(image=reference)):
            said = wait_until(lambda: failure(nomad), "the image is refused", READY_WITHIN_S)

    assert "certificate signed by unknown authority" in said
