"""The image is built without a network on a Debian made here, and serves with a read-only root."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from support.docker_engine import SYSTEM_PATH, DockerEngine, require_docker, run_docker_engine
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.ports import free_ports
from support.requirements import lacking
from support.shipped_jobs import DEPLOY
from support.waiting import wait_until

pytestmark = [pytest.mark.real, pytest.mark.docker, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
JOB_FILE = "faas-nomad.nomad.hcl"
LIMIT_BYTES = 70_000_000
"""What the image may have over its base."""


@dataclass(frozen=True)
class Image:
    """The built image, twice, and what it was built on."""

    engine: DockerEngine
    wheel_version: str

    def told(self, what: str, form: str) -> str:
        return self.engine.docker("inspect", "--format", form, what).strip()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    require_docker()
    if shutil.which("mmdebstrap") is None:
        lacking("no mmdebstrap on PATH")
    folder = tmp_path_factory.mktemp("image")
    with run_docker_engine() as engine:
        make_base(engine, folder / "base.tar")
        setup = [sys.executable, str(ROOT / "tools" / "bootstrap.py")]
        subprocess.run(
            [*setup, "sync", "--frozen", "--inexact", "-q", "--group=release"], check=True
        )
        environment = {**os.environ, "PATH": SYSTEM_PATH, "DOCKER_HOST": engine.endpoint}
        command = [sys.executable, str(ROOT / "tools" / "release.py"), "--base=base"]
        subprocess.run([*command, "--tag=made:1"], check=True, env=environment, cwd=folder)
        engine.docker(
            "build", "--no-cache", "--network=none", "--tag=made:2", *again(engine), str(ROOT)
        )
        [wheel] = (ROOT / "dist").glob("*.whl")
        yield Image(engine, wheel.name.split("-")[1])


def make_base(engine: DockerEngine, tar: Path) -> None:
    """Make a Debian with Python, as docs/production.md says."""
    include = "--include=python3,ca-certificates"
    command = ["mmdebstrap", "-q", "--variant=essential", include, "trixie", str(tar)]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode != 0:
        lacking(f"no Debian could be made: {made.stderr[-300:]}")
    engine.docker("import", str(tar), "base")


def again(engine: DockerEngine) -> list[str]:
    """Return the arguments of a build that gave the first image."""
    label = '{{index .Config.Labels "org.opencontainers.image.%s"}}'
    version = engine.docker("inspect", "--format", label % "version", "made:1").strip()
    revision = engine.docker("inspect", "--format", label % "revision", "made:1").strip()
    epoch = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    given = {"BASE": "base", "VERSION": version, "REVISION": revision, "SOURCE_DATE_EPOCH": epoch}
    return [f"--build-arg={name}={value}" for name, value in given.items()]


@contextmanager
def run_container(engine: DockerEngine, name: str, *arguments: str) -> Iterator[str]:
    """Run a container that may write nowhere but to what Docker itself mounts."""
    engine.docker(
        *("run", "--detach", "--read-only", "--cap-drop=all", "--network=host"),
        *("--security-opt=no-new-privileges", f"--name={name}", "--health-interval=1s"),
        "--health-start-period=1ms",
        *arguments,
    )
    try:
        yield name
    finally:
        engine.docker("rm", "--force", name)


def test_it_serves_with_a_read_only_root_and_without_root_s_rights(image: Image) -> None:
    port, gateway_port = free_ports(2)
    settings = {"port": port, "gateway_port": gateway_port, "NOMAD_ADDR": "http://127.0.0.1:1"}
    given = [f"--env={name}={value}" for name, value in settings.items()]
    with run_container(image.engine, "serving", *given, "made:1") as name:
        wait_until(lambda: image.told(name, "{{.State.Health.Status}}") == "healthy", "healthy", 60)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            assert answer.status == 200
        ids = image.engine.docker("exec", name, "python", "-c", "import os; print(os.getresuid())")
        version = image.engine.docker("exec", name, "faas-nomad", "version")
        image.engine.docker("stop", "--time=20", name)

        assert ids.strip() == "(65532, 65532, 65532)"
        assert f"faas-nomad {image.wheel_version} " in version
        assert image.told(name, "{{.State.ExitCode}}") == "0"


def test_its_health_check_finds_one_that_does_not_serve(image: Image) -> None:
    with run_container(
        image.engine,
        "idle",
        "--health-retries=1",
        "--entrypoint=python",
        "made:1",
        *("-c", "import time; time.sleep(300)"),
    ) as name:
        wait_until(
            lambda: image.told(name, "{{.State.Health.Status}}") == "unhealthy", "unhealthy", 60
        )


def test_it_is_small_and_the_same_each_time(image: Image) -> None:
    layers = [
        json.loads(image.told(tag, "{{json .RootFS.Layers}}")) for tag in ("made:1", "made:2")
    ]
    sizes = [int(image.told(tag, "{{.Size}}")) for tag in ("made:1", "base")]

    assert layers[0] == layers[1]
    assert sizes[0] - sizes[1] < LIMIT_BYTES


def test_it_says_what_is_in_it(image: Image) -> None:
    held = image.engine.docker(
        *("run", "--rm", "--network=none", "--entrypoint=cat", "made:1"),
        "/opt/faas-nomad/share/sbom.cdx.json",
    )
    [beside] = (ROOT / "dist").glob("*.cdx.json")

    assert held == beside.read_text()
    assert json.loads(held)["metadata"]["component"]["version"] == image.wheel_version


@contextmanager
def run_own_job(image: Image, folder: str) -> Iterator[httpx.Client]:
    """Run the shipped job with the image on a Nomad with ACLs, provisioned as shipped."""
    port, gateway_port = free_ports(2)
    given = {
        "image": "made:1",
        "instances": 1,
        "gateway_port": gateway_port,
        "provider_port": port,
        "settings": '{"job_driver"="raw_exec","host"="127.0.0.1"}',
    }
    config = f'client {{\n  alloc_dir = "{folder}/a"\n}}\n'
    endpoint = image.engine.endpoint
    agent = run_nomad_agent(
        require_nomad(), Path(folder), acl=True, docker_endpoint=endpoint, more_config=config
    )
    with agent as nomad, httpx.Client(base_url=f"http://127.0.0.1:{gateway_port}") as client:
        environment = {
            "PATH": f"{require_nomad().parent}:{SYSTEM_PATH}",
            "NOMAD_ADDR": nomad.address,
            "NOMAD_TOKEN": nomad.token,
        }

        def do(*command: str) -> None:
            subprocess.run(command, cwd=DEPLOY / "nomad", env=environment, check=True)

        do(str(DEPLOY.parent / "provisioning" / "nomad" / "apply.sh"))
        do("nomad", "job", "run", *(f"-var={k}={v}" for k, v in given.items()), JOB_FILE)
        yield client
        do("nomad", "job", "stop", "-purge", "-no-shutdown-delay", "faas-nomad")


def test_the_shipped_job_runs_it_with_nothing_but_its_workload_identity(image: Image) -> None:
    function = {"service": "cat", "image": "x:1", "envProcess": "cat"}
    # Short, for the path of the task API's socket has 107 bytes at most.
    with (
        tempfile.TemporaryDirectory(prefix="own-", ignore_cleanup_errors=True) as folder,
        run_own_job(image, folder) as client,
    ):

        def deployed() -> bool:
            try:
                answer = client.post("/system/functions", json=function)
            except httpx.TransportError:
                return False
            return answer.status_code in (202, 409)

        wait_until(deployed, "the function is deployed", 60)
        answer = client.post("/function/cat", content=b"hello", timeout=60)
        gone = client.request("DELETE", "/system/functions", json={"functionName": "cat"})

    assert (answer.status_code, answer.content) == (200, b"hello")
    assert gone.status_code == 202
