"""The podman driver takes every option that is sent to it, and means what we mean.

Nomad's server never looks into a driver's Config; a key that the plugin does not know kills the
task at its start. Run with the plugin 0.6.5 and Podman 4.3.1.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.certificates import make_authority
from support.containers import READY_WITHIN_S, Containers, check_plain
from support.deployments import OURS, deployment
from support.docker_engine import run_registry
from support.go_programs import build_go_program
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.podman_engine import PodmanEngine, require_podman, run_podman_engine
from support.waiting import wait_until

pytestmark = [pytest.mark.real, pytest.mark.go]

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
def containers(
    engine: PodmanEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Containers]:
    folder = tmp_path_factory.mktemp("nomad")
    config = engine.nomad_config()
    with (
        run_nomad_agent(require_nomad(), folder, podman_config=config) as agent,
        httpx.Client(base_url=agent.address, timeout=30) as client,
    ):
        found = Containers(client, "podman", engine.podman)
        found.wait_for_driver()
        yield found


@pytest.fixture(scope="module")
def program() -> Path:
    return build_go_program("echo")


@pytest.fixture(scope="module")
def image(engine: PodmanEngine, program: Path) -> str:
    return engine.publish("echo:v1", program)


def test_a_plain_function_runs_without_rights(containers: Containers, image: str) -> None:
    env = {"a": SPITEFUL}
    with containers.inspected(deployment(image=image, envVars=env)) as inspected:
        check_plain(inspected, env)
        assert inspected["EffectiveCaps"] in (None, [])


def test_a_limited_function_with_a_read_only_root(containers: Containers, image: str) -> None:
    fn = deployment(
        image=image, limits={"cpu": "100m", "memory": "20Mi"}, readOnlyRootFilesystem=True
    )
    with containers.inspected(fn) as inspected:
        host = inspected["HostConfig"]

    assert host["ReadonlyRootfs"] is True
    assert "size=64m" in host["Tmpfs"]["/tmp"]
    assert host["Memory"] == 20 << 20
    assert 0 < host["CpuQuota"] < host["CpuPeriod"]


def test_every_option_reaches_the_engine_as_it_was_written(
    containers: Containers, image: str
) -> None:
    annotations = {f"{OURS}podman.{name}": text for name, text in OPTIONS.items()}
    with containers.inspected(deployment(image=image, annotations=annotations)) as inspected:
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
    containers: Containers, image: str
) -> None:
    annotations = {f"{OURS}network_mode": "host"}

    with containers.inspected(deployment(image=image, annotations=annotations)) as inspected:
        assert inspected["HostConfig"]["NetworkMode"] == "host"


def test_an_image_of_a_registry_that_nobody_vouches_for_is_not_run(
    containers: Containers, engine: PodmanEngine, program: Path, tmp_path: Path
) -> None:
    unknown = make_authority(tmp_path / "unknown").issue("registry")
    with run_registry(tmp_path, tls=unknown) as address:
        published = engine.publish("echo:v1", program)
        reference = f"{address}/echo:v1"
        engine.podman("pull", "--quiet", published)
        engine.podman("tag", published, reference)
        engine.podman("push", "--quiet", "--tls-verify=false", reference)
        engine.podman("rmi", reference)

        with containers.running(deployment(image=reference)):
            said = wait_until(containers.failure, "the image is refused", READY_WITHIN_S)

    assert "certificate signed by unknown authority" in said
