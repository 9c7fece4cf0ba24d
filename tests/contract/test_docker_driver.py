"""The docker driver takes every option that is sent to it, and means what we mean.

Nomad's server never looks into a driver's Config; a key that the plugin does not know kills the
task at its start.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.containers import Containers, check_plain
from support.deployments import OURS, deployment
from support.docker_engine import DockerEngine, require_docker, run_docker_engine
from support.go_programs import build_go_program
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad

pytestmark = [pytest.mark.real, pytest.mark.docker]

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
def containers(
    engine: DockerEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Containers]:
    folder = tmp_path_factory.mktemp("nomad")
    with (
        run_nomad_agent(require_nomad(), folder, docker_endpoint=engine.endpoint) as agent,
        httpx.Client(base_url=agent.address, timeout=30) as client,
    ):
        found = Containers(client, "docker", engine.docker)
        found.wait_for_driver()
        yield found


@pytest.fixture(scope="module")
def image(engine: DockerEngine) -> str:
    return engine.publish("echo:v1", build_go_program("echo"))


def test_a_plain_function_runs_without_rights(containers: Containers, image: str) -> None:
    env = {"a": SPITEFUL}
    with containers.inspected(deployment(image=image, envVars=env)) as inspected:
        config, host = inspected["Config"], inspected["HostConfig"]

    check_plain(inspected, {**env, "port": "8080"})
    assert config["Image"].startswith(("sha256:", image))
    assert host["CapDrop"] == ["ALL"]


def test_a_limited_function_with_a_read_only_root(containers: Containers, image: str) -> None:
    fn = deployment(
        image=image, limits={"cpu": "100m", "memory": "5Mi"}, readOnlyRootFilesystem=True
    )
    with containers.inspected(fn) as inspected:
        host = inspected["HostConfig"]

    assert host["ReadonlyRootfs"] is True
    (tmp,) = [mount for mount in host["Mounts"] if mount["Target"] == "/tmp"]
    assert (tmp["Type"], tmp["TmpfsOptions"]["SizeBytes"]) == ("tmpfs", 64 << 20)
    assert host["Memory"] == 10 << 20
    assert 0 < host["CpuQuota"] < host["CpuPeriod"]


def test_every_option_reaches_the_engine_as_it_was_written(
    containers: Containers, image: str
) -> None:
    annotations = {f"{OURS}docker.{name}": text for name, text in OPTIONS.items()}
    with containers.inspected(deployment(image=image, annotations=annotations)) as inspected:
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
    containers: Containers, image: str
) -> None:
    annotations = {
        f"{OURS}dns_servers": "192.0.2.1, 192.0.2.2",
        f"{OURS}dns_searches": "service.consul",
    }

    with containers.inspected(deployment(image=image, annotations=annotations)) as inspected:
        mounts = {mount["Destination"]: mount["Source"] for mount in inspected["Mounts"]}
        file = mounts.get("/etc/resolv.conf", inspected["ResolvConfPath"])
        lines = Path(file).read_text().splitlines()

    said = sorted(line for line in lines if line.startswith(("nameserver", "search")))
    assert said == ["nameserver 192.0.2.1", "nameserver 192.0.2.2", "search service.consul"]


def test_a_function_on_the_hosts_network_listens_on_its_own_port(
    containers: Containers, image: str
) -> None:
    annotations = {f"{OURS}network_mode": "host"}
    on_host = deployment(image=image, annotations=annotations)

    with containers.inspected(on_host) as inspected:
        assert inspected["HostConfig"]["NetworkMode"] == "host"
