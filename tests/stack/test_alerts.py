"""Prometheus and Alertmanager, with the files we ship, scale a function up under load and back."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from support.functions import Functions
from support.load import load
from support.monitoring import require_program
from support.ports import free_ports
from support.processes import running
from support.service import Service, run_service
from support.shipped_jobs import DEPLOY
from support.waiting import wait_until
from support.world import WHATEVER_DRIVER, World

pytestmark = WHATEVER_DRIVER
MOST = 3
RATE = 20.0
"""The shipped rule fires above 5 answers a second."""
STEPPED_WITHIN_S = 60.0


@pytest.fixture
def alerting(world: World, tmp_path: Path) -> Iterator[Functions]:
    """A service of its own, watched by a Prometheus that tells an Alertmanager."""
    settings = world.settings("alerts-")
    with ExitStack() as stack:
        service = stack.enter_context(run_service(tmp_path, world.nomad_url, settings))
        service.wait_for_nomad()
        alertmanager = stack.enter_context(run_alertmanager(tmp_path, service))
        stack.enter_context(run_prometheus(tmp_path, service, alertmanager))
        yield stack.enter_context(Functions(world, service))


@contextmanager
def run_alertmanager(folder: Path, service: Service) -> Iterator[str]:
    """Run it with the shipped file, its webhook being the service; give its address."""
    shutil.copytree(DEPLOY / "alertmanager", folder / "alertmanager")
    file = folder / "alertmanager" / "alertmanager.yml"
    text = file.read_text()
    assert "http://127.0.0.1:8080/" in text
    file.write_text(text.replace("http://127.0.0.1:8080", service.gateway_url))
    (folder / "alertmanager" / "basic-auth-password").write_text("unused: auth is off here")
    [port] = free_ports(1)
    command = [
        require_program("prometheus-alertmanager", "prometheus-alertmanager"),
        f"--config.file={file}",
        f"--storage.path={folder / 'alertmanager-data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with running("alertmanager", command, folder / "alertmanager.log"):
        wait_until(lambda: is_ready(port), "Alertmanager is ready", 30)
        yield f"127.0.0.1:{port}"


@contextmanager
def run_prometheus(folder: Path, service: Service, alertmanager: str) -> Iterator[None]:
    """Run it with the shipped files until the block ends."""
    shutil.copytree(DEPLOY / "prometheus", folder / "prometheus")
    targets = folder / "prometheus" / "targets"
    targets.mkdir(exist_ok=True)
    own = service.provider_url.removeprefix("http://")
    for name, address in (("faas-nomad", own), ("alertmanager", alertmanager)):
        (targets / f"{name}.json").write_text(json.dumps([{"targets": [address]}]))
    [port] = free_ports(1)
    command = [
        require_program("prometheus", "prometheus"),
        f"--config.file={folder / 'prometheus' / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus-data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running("prometheus", command, folder / "prometheus.log"):
        wait_until(lambda: is_ready(port), "Prometheus is ready", 30)
        yield


def is_ready(port: int) -> bool:
    return httpx.get(f"http://127.0.0.1:{port}/-/ready", timeout=2).status_code == 200


@pytest.mark.timeout(300)
def test_the_shipped_files_scale_a_function_to_its_maximum_and_back(alerting: Functions) -> None:
    labels = {"com.openfaas.scale.max": str(MOST)}
    name = alerting.deploy(alerting.world.deployment(labels=labels))

    def replicas() -> int:
        return int(alerting.status(name).get("replicas", 0))

    begun_s = time.monotonic()
    with load(alerting.sdk.binary, alerting.url(name), rate=RATE, methods=("GET",)) as report:
        wait_until(lambda: replicas() == 2, "it has two", STEPPED_WITHIN_S)
        alerting.wait_available(name, 2)
        first_s = time.monotonic() - begun_s
        wait_until(lambda: replicas() == MOST, "it has its maximum", STEPPED_WITHIN_S)
    wait_until(lambda: replicas() == 1, "it is back at its minimum", STEPPED_WITHIN_S)

    job = alerting.world.nomad.job.get_job(alerting.job_id(name))
    policy = job["TaskGroups"][0]["Scaling"]["Policy"]
    assert policy["openfaas_count_by"] == "alert"
    assert policy["openfaas_count_why"] == "alert APIHighInvocationRate is resolved"
    assert report.failed == 0, report
    print(f"from the first excess to the first new replica: {first_s:.1f} s")
