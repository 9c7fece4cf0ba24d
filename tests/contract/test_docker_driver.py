"""The docker driver takes every option that is sent to it, and means what we mean.

Nomad's server never looks into a driver's Config; a key that the plugin does not know kills the
task at its start.
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
from support.deployments import OURS, deployment
from support.docker_engine import DockerEngine, require_docker, run_docker_engine
from support.go_programs import build_go_program
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.stopping_jobs import stop_job
from support.waiting import wait_until

pytestmark = [pytest.mark.real, pytest.mark.docker]

READY_WITHIN_S = 60.0
SPITEFUL = "${NOMAD_ALLOC_ID} $${x} %{if true}y%{endif}"
OPTIONS = {
    "cap_add": "chown",
    "cap_drop": "all",
    "cpu_cfs_period": "50000",
    "extra_hosts": "db:10.0.0.1",
    "group_add": "1234",
    "hostname": "figlet-host",
    "init": "false",
    "pids_limit": "100",
    "runtime": "runc",
    "security_opt": "no-new-privileges",
    "shm_size": "1048576",
    "sysctl": "net.core.somaxconn=1024",
    "ulimit": "nofile=1024:2048",
    "work_dir": "/tmp",
    "args": f"'{SPITEFUL}'",
}


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    require_docker()
    with run_docker_engine() as found:
        yield found


@pytest.fixture(scope="module")
def nomad(engine: DockerEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("nomad")
    with (
        run_nomad_agent(require_nomad(), folder, docker_endpoint=engine.endpoint) as agent,
        httpx.Client(base_url=agent.address, timeout=30) as client,
    ):
        wait_until(lambda: has_docker(client), "the node has docker", READY_WITHIN_S)
        yield client


@pytest.fixture(scope="module")
def image(engine: DockerEngine) -> str:
    program: Path = build_go_program("echo")
    return engine.publish("echo:v1", program)


def has_docker(nomad: httpx.Client) -> bool:
    (node,) = nomad.get("/v1/nodes").json()
    return bool(node["Drivers"].get("docker", {}).get("Healthy"))


@contextmanager
def container(
    nomad: httpx.Client, engine: DockerEngine, fn: FunctionDeployment
) -> Iterator[dict[str, Any]]:
    """Run a function and give what the engine says of its container."""
    allowed = SAFE_CONTAINER_OPTIONS | {"group_add", "security_opt", "sysctl"}
    job = job_from_deployment(
        fn,
        JobPolicy(container_options=allowed),
        nomad_namespace="default",
        job_id="openfaas-figlet",
        count=1,
        created_ns=1,
    )
    reply = nomad.post("/v1/jobs", json={"Job": job})
    assert reply.status_code == 200, reply.text
    try:
        allocation = wait_until(lambda: answering(nomad), "the function answers", READY_WITHIN_S)
        (inspected,) = json.loads(engine.docker("inspect", f"fn-{allocation}"))
        yield inspected
    finally:
        stop_job(nomad, "openfaas-figlet")


def answering(nomad: httpx.Client) -> str:
    allocations = nomad.get("/v1/allocations", params={"resources": "true"}).json()
    for allocation in allocations:
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


def test_a_plain_function_runs_without_rights(
    nomad: httpx.Client, engine: DockerEngine, image: str
) -> None:
    with container(nomad, engine, deployment(image=image, envVars={"a": SPITEFUL})) as inspected:
        config, host = inspected["Config"], inspected["HostConfig"]

    assert config["Image"].startswith(("sha256:", image))
    assert f"a={SPITEFUL}" in config["Env"]
    assert "fprocess=cat" in config["Env"]
    assert "port=8080" in config["Env"]
    assert "OPENFAAS_NAME=figlet" in config["Env"]
    assert config["Labels"]["com.openfaas.function"] == "figlet"
    assert host["CapDrop"] == ["ALL"]
    assert host["PidsLimit"] == 256
    assert host["Memory"] == 128 << 20
    assert host["ReadonlyRootfs"] is False
    assert list(host["PortBindings"]) == ["8080/tcp", "8080/udp"]


def test_a_limited_function_with_a_read_only_root(
    nomad: httpx.Client, engine: DockerEngine, image: str
) -> None:
    fn = deployment(
        image=image, limits={"cpu": "100m", "memory": "5Mi"}, readOnlyRootFilesystem=True
    )
    with container(nomad, engine, fn) as inspected:
        host = inspected["HostConfig"]

    assert host["ReadonlyRootfs"] is True
    (tmp,) = [mount for mount in host["Mounts"] if mount["Target"] == "/tmp"]
    assert (tmp["Type"], tmp["TmpfsOptions"]["SizeBytes"]) == ("tmpfs", 64 << 20)
    assert host["Memory"] == 10 << 20
    assert 0 < host["CpuQuota"] < host["CpuPeriod"]


def test_every_option_reaches_the_engine_as_it_was_written(
    nomad: httpx.Client, engine: DockerEngine, image: str
) -> None:
    annotations = {f"{OURS}docker.{name}": text for name, text in OPTIONS.items()}
    with container(nomad, engine, deployment(image=image, annotations=annotations)) as inspected:
        config, host = inspected["Config"], inspected["HostConfig"]

    assert config["Cmd"] == [SPITEFUL]
    assert config["Hostname"] == "figlet-host"
    assert config["WorkingDir"] == "/tmp"
    assert host["CapAdd"] == ["CAP_CHOWN"]
    assert host["ExtraHosts"] == ["db:10.0.0.1"]
    assert host["GroupAdd"] == ["1234"]
    assert host["PidsLimit"] == 100
    assert host["Runtime"] == "runc"
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["ShmSize"] == 1048576
    assert host["Sysctls"] == {"net.core.somaxconn": "1024"}
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 1024, "Hard": 2048}]


def test_a_function_asks_the_dns_servers_of_its_annotation(
    nomad: httpx.Client, engine: DockerEngine, image: str
) -> None:
    annotations = {
        f"{OURS}dns_servers": "192.0.2.1, 192.0.2.2",
        f"{OURS}dns_searches": "service.consul",
    }

    with container(nomad, engine, deployment(image=image, annotations=annotations)) as inspected:
        mounts = {mount["Destination"]: mount["Source"] for mount in inspected["Mounts"]}
        file = mounts.get("/etc/resolv.conf", inspected["ResolvConfPath"])
        lines = Path(file).read_text().splitlines()

    said = sorted(line for line in lines if line.startswith(("nameserver", "search")))
    assert said == ["nameserver 192.0.2.1", "nameserver 192.0.2.2", "search service.consul"]


def test_a_function_on_the_hosts_network_listens_on_its_own_port(
    nomad: httpx.Client, engine: DockerEngine, image: str
) -> None:
    annotations = {f"{OURS}network_mode": "host"}
    on_host = deployment(image=image, annotations=annotations)

    with container(nomad, engine, on_host) as inspected:
        assert inspected["HostConfig"]["NetworkMode"] == "host"
