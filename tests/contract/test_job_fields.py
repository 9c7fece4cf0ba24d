"""A real Nomad keeps every field of every job that is made here.

Nomad drops JSON keys that it does not know without a word, so a misspelt field would be a wish
that nobody fulfils.
"""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from faas_nomad.model.nomad import Job
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import ANNOTATIONS
from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.meta import deployment_from_job_meta
from faas_nomad.translate.policy import (
    DRIVER_NAMES,
    BuiltInProxy,
    DownloadedWatchdog,
    EmbeddedWatchdog,
    HostWatchdog,
    JobPolicy,
    MeshPolicy,
    Watchdog,
)
from faas_nomad.translate.regions import Regions
from faas_nomad.translate.secret_files import TaskSecrets
from support.deployments import OURS, deployment
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.stopping_jobs import stop_job
from support.waiting import wait_until

pytestmark = pytest.mark.real

SHA256 = "sha256:" + "0a" * 32
CONTAINER = {
    "args": "a 'b c'",
    "cap_add": "chown",
    "cap_drop": "net_raw",
    "command": "/run",
    "cpu_cfs_period": "50000",
    "entrypoint": "/bin/sh -c",
    "extra_hosts": "db:10.0.0.1",
    "hostname": "h",
    "init": "true",
    "ulimit": "nofile=1024:2048",
}
PULL = {"force_pull": "true", "image_pull_timeout": "4m", "registry_secret": "pull-login"}
DNS = {"dns_servers": "192.0.2.1,192.0.2.2", "dns_searches": "corp.example"}
ARTIFACT = {
    "artifact": "https://example.com/fn.tgz",
    "artifact.checksum": SHA256,
    "artifact.destination": "local/app",
    "artifact.mode": "dir",
}
OF_DRIVER = {
    "docker": {**PULL, **DNS, **{f"docker.{name}": text for name, text in CONTAINER.items()}},
    "podman": {**PULL, **DNS, **{f"podman.{name}": text for name, text in CONTAINER.items()}},
    "exec": {**ARTIFACT, **DNS},
    "raw_exec": ARTIFACT,
    "java": {
        **ARTIFACT,
        **DNS,
        "java.class": "a.Main",
        "java.class_path": "local/app/lib",
        "java.jvm_options": "-Xmx64m",
        "java.args": "a b",
    },
}
OF_EVERY_DRIVER = {
    "region": "global",
    "affinity": "meta.zone == a weight=70; node.class regexp ^big",
    "spread": "datacenter weight=70 dc1:60 dc2:40; meta.rack",
    "update.stagger": "5s",
    "update.max_parallel": "2",
    "update.health_check": "checks",
    "update.min_healthy_time": "2s",
    "update.healthy_deadline": "3m",
    "update.progress_deadline": "7m",
    "update.canary": "2",
    "update.auto_revert": "false",
    "update.auto_promote": "true",
    "restart.attempts": "5",
    "restart.interval": "2m",
    "restart.delay": "3s",
    "restart.mode": "delay",
    "reschedule.attempts": "4",
    "reschedule.interval": "2h",
    "reschedule.delay": "6s",
    "reschedule.delay_function": "fibonacci",
    "reschedule.max_delay": "4m",
    "reschedule.unlimited": "false",
    "check": "http",
    "check.interval": "3s",
    "check.timeout": "2s",
    "check.restart_limit": "4",
    "check.grace": "11s",
    "logs.max_files": "3",
    "logs.max_file_size": "7",
    "ephemeral_disk.size": "77",
    "kill_timeout": "33s",
    "timeout": "2m",
    "sticky": "cookie:sid",
    "upstream_tls": "verify",
    "upstream_tls.server_name": "orders.internal",
    "shutdown_delay": "4s",
    "direct_routing": "true",
    "secrets.change_mode": "signal",
    "secrets.change_signal": "SIGUSR1",
    "scale.query": "sum(load)",
    "scaling.policy": '{"check": {"queue": {"source": "prometheus"}}}',
}
CONSTRAINTS = [
    "node.datacenter == dc1",
    "node.pool == default",
    "node.class is_not_set",
    "node.unique.name != a",
    "attr.cpu.arch regexp ^(amd|arm)64$",
    "attr.nomad.version version >= 1.7, < 9",
    "attr.nomad.version semver >= 1.7.0",
    "attr.cpu.numcores >= 1",
    "meta.tags set_contains_any a,b",
    "meta.tags set_contains a,b",
    "meta.zone is_set",
    "distinct_hosts",
    "distinct_property meta.rack 2",
]


@pytest.fixture(scope="module")
def nomad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        run_nomad_agent(require_nomad(), tmp_path_factory.mktemp("nomad")) as agent,
        httpx.Client(base_url=agent.address, timeout=30) as client,
    ):
        yield client


def annotated(texts: dict[str, str], **fields: Any) -> FunctionDeployment:
    return deployment(annotations={OURS + name: text for name, text in texts.items()}, **fields)


def maximal(driver: str) -> FunctionDeployment:
    """Return a function that uses everything that there is with `driver`."""
    return annotated(
        {**OF_EVERY_DRIVER, **OF_DRIVER[driver], "driver": driver},
        envVars={"a": "${attr.kernel.name}", "write_timeout": "5s"},
        labels={"com.openfaas.scale.min": "2", "com.openfaas.scale.max": "9"},
        constraints=CONSTRAINTS,
        limits={"cpu": "200m", "memory": "256Mi", "nvidia.com/gpu": "1"},
        requests={"cpu": "100m", "memory": "128Mi"},
        readOnlyRootFilesystem=driver in ("docker", "podman"),
    )


def policy(**settings: Any) -> JobPolicy:
    return JobPolicy(
        regions=Regions("global"),
        cpu_arch="amd64",
        dns_servers=("10.0.0.1",),
        memory_oversubscription=True,
        task_user="nobody",
        public_url="https://functions.example",
        dashboard_url="https://grafana.example/d/fn?var-function={name}",
        **{"watchdog": EmbeddedWatchdog(b"PK"), **settings},
    )


def job_of(fn: FunctionDeployment, settings: JobPolicy, count: int = 0) -> Job:
    return job_from_deployment(
        fn,
        settings,
        nomad_namespace="default",
        job_id="openfaas-figlet",
        count=count,
        created_ns=1,
    )


def post(nomad: httpx.Client, path: str, job: Job) -> dict[str, Any]:
    reply = nomad.post(path, json={"Job": job})
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.json()
    return answer


def assert_kept(sent: Any, read: Any, path: str) -> None:
    """Fail unless everything in `sent` is in `read`; Nomad may add to it."""
    if isinstance(sent, dict):
        for key, value in sent.items():
            assert value in ({}, []) or (read is not None and key in read), f"{path}.{key} is gone"
            assert_kept(value, (read or {}).get(key), f"{path}.{key}")
    elif isinstance(sent, list):
        assert len(read or []) >= len(sent), f"{path} has {read}, sent {sent}"
        for index, value in enumerate(sent):
            assert_kept(value, read[index], f"{path}[{index}]")
    else:
        assert read == sent, f"{path} is {read!r}, sent {sent!r}"


@pytest.mark.parametrize("driver", DRIVER_NAMES)
@pytest.mark.parametrize("mode", ["auto", "host", "bridge"])
def test_every_field_sent_is_read_back(nomad: httpx.Client, driver: str, mode: str) -> None:
    fn = maximal(driver)
    sent = job_of(fn, policy(network_mode="" if mode == "auto" else mode))

    assert post(nomad, "/v1/validate/job", sent)["ValidationErrors"] is None
    post(nomad, "/v1/jobs", sent)
    read = nomad.get("/v1/job/openfaas-figlet").json()

    assert_kept(sent, read, "Job")
    assert deployment_from_job_meta(read["Meta"]) == fn


@pytest.mark.parametrize("provider", ["nomad", "consul"])
@pytest.mark.parametrize("kind", ["tcp", "none"])
def test_other_checks_and_providers_are_kept(nomad: httpx.Client, provider: str, kind: str) -> None:
    sent = job_of(annotated({"check": kind}), policy(service_provider=provider))

    assert post(nomad, "/v1/validate/job", sent)["ValidationErrors"] is None
    post(nomad, "/v1/jobs", sent)
    assert_kept(sent, nomad.get("/v1/job/openfaas-figlet").json(), "Job")


@pytest.mark.parametrize(
    "watchdog", [HostWatchdog("/opt/w"), DownloadedWatchdog("https://a/w", SHA256)]
)
def test_other_watchdogs_are_kept(nomad: httpx.Client, watchdog: Watchdog) -> None:
    sent = job_of(deployment(), policy(driver="exec", watchdog=watchdog))

    post(nomad, "/v1/jobs", sent)
    assert_kept(sent, nomad.get("/v1/job/openfaas-figlet").json(), "Job")


@pytest.mark.parametrize("sidecar", [None, BuiltInProxy("raw_exec", "consul")])
def test_a_sidecar_is_kept(nomad: httpx.Client, sidecar: BuiltInProxy | None) -> None:
    mesh = policy(service_provider="consul", mesh=MeshPolicy("asked", sidecar))
    sent = job_of(annotated({"connect": "true"}), mesh)

    post(nomad, "/v1/jobs", sent)
    assert_kept(sent, nomad.get("/v1/job/openfaas-figlet").json(), "Job")


def test_the_whole_list_of_annotations_was_tried() -> None:
    tried = {*OF_EVERY_DRIVER, "driver", "network_mode", "cores", "connect"}
    for texts in OF_DRIVER.values():
        tried |= set(texts)

    names = {annotation.name for annotation in ANNOTATIONS}
    assert names - tried == {"docker.OPTION", "podman.OPTION"}


@pytest.mark.parametrize(
    "texts",
    [
        {"cores": "1"},
        {"update.canary": "0"},
        {"update.max_parallel": "0"},
        {"update.progress_deadline": "0"},
        {"update.min_healthy_time": "10m"},
        {"update.health_check": "manual"},
        {"kill_timeout": "1h"},
        {"check.restart_limit": "0"},
        {"restart.attempts": "0"},
        {"restart.attempts": "1000", "restart.delay": "1m"},
        {"reschedule.attempts": "0"},
        {"reschedule.attempts": "1"},
        {"reschedule.attempts": "1000"},
        {"reschedule.attempts": "20", "reschedule.delay_function": "fibonacci"},
        {"reschedule.attempts": "20", "reschedule.delay_function": "constant"},
        {"reschedule.delay": "1h"},
        {"logs.max_files": "100"},
        {"shutdown_delay": "0"},
    ],
    ids=json.dumps,
)
def test_what_is_accepted_here_nomad_accepts(nomad: httpx.Client, texts: dict[str, str]) -> None:
    job = job_of(annotated(texts), policy())

    assert post(nomad, "/v1/validate/job", job)["ValidationErrors"] is None


SHOWN = """
import hashlib, http.server, json, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        archive = hashlib.sha256(open(sys.argv[0], "rb").read()).hexdigest()
        body = json.dumps({"archive": archive, "env": dict(os.environ), "cwd": os.getcwd()})
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

http.server.HTTPServer(("127.0.0.1", int(os.environ["port"])), Handler).serve_forever()
"""
SPITEFUL = {
    "a": "${attr.kernel.name} $${NOMAD_ALLOC_ID} {{ env `HOME` }} %{if true}x%{endif}",
    "b": "${NOMAD_META_of_dollar}{x}",
    "c": "two\nlines\tand €",
    "d.e": "$",
    "node": "x",
}


def test_a_process_gets_watchdog_and_environment_byte_for_byte(nomad: httpx.Client) -> None:
    archive = zipapp()
    fn = deployment(envVars=SPITEFUL, envProcess="cat ${x}")
    settings = JobPolicy(
        driver="raw_exec",
        watchdog=EmbeddedWatchdog(archive),
        watchdog_python=("/usr/bin/env", "python3"),
    )
    try:
        post(nomad, "/v1/jobs", job_of(fn, settings, count=1))
        shown = wait_until(lambda: ask_function(nomad), "the function answers", within_s=30)
    finally:
        stop_job(nomad, "openfaas-figlet")

    assert shown is not None
    assert shown["archive"] == hashlib.sha256(archive).hexdigest()
    env = shown["env"]
    assert {key: env[key] for key in SPITEFUL} == SPITEFUL
    assert env["fprocess"] == "cat ${x}"
    assert env["OPENFAAS_NAME"] == "figlet"
    assert env["TMPDIR"] == f"{env['NOMAD_ALLOC_DIR']}/tmp"
    assert shown["cwd"] == os.path.dirname(env["NOMAD_TASK_DIR"])
    assert deployment_from_job_meta({"openfaas.spec": env["NOMAD_META_openfaas.spec"]}) == fn


def zipapp() -> bytes:
    """Return an archive that runs, with 20 kB of bytes that are no text."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__main__.py", SHOWN)
        archive.writestr("noise.bin", os.urandom(20_000))
    return packed.getvalue()


def ask_function(nomad: httpx.Client) -> dict[str, Any] | None:
    allocations = nomad.get("/v1/allocations", params={"resources": "true"}).json()
    for allocation in allocations:
        if allocation["JobID"] != "openfaas-figlet" or allocation["DesiredStatus"] != "run":
            continue
        (port,) = allocation["AllocatedResources"]["Shared"]["Ports"]
        try:
            reply = httpx.get(f"http://127.0.0.1:{port['Value']}/", timeout=2)
        except httpx.TransportError:
            return None
        shown: dict[str, Any] = reply.json()
        return shown
    return None


def test_room_for_large_secrets_is_kept(nomad: httpx.Client) -> None:
    sent = job_from_deployment(
        deployment(secrets=["a"]),
        policy(),
        nomad_namespace="default",
        job_id="openfaas-figlet",
        count=0,
        created_ns=1,
        secrets=TaskSecrets(lambda name: name, secrets_mb=5),
    )

    post(nomad, "/v1/jobs", sent)

    assert_kept(sent, nomad.get("/v1/job/openfaas-figlet").json(), "Job")
