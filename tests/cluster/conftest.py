"""faas-nomad as its own highly available job behind the shipped ingress, on a whole cluster."""

import shutil
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from support.go_programs import build_go_program
from support.go_sdk import GoSdk
from support.lab import PROVISIONING, Json, Lab, run_lab
from support.load import Report
from support.monitoring import require_program
from support.nomad_binary import require_nomad
from support.ports import free_ports
from support.shipped_jobs import as_raw_exec, shipped_job
from support.waiting import wait_until

UP_WITHIN_S = 90.0
AUTH = ("admin", "of the variable")
JOB, INGRESS = "faas-nomad", "faas-nomad-ingress"
FUNCTIONS = "functions"
"""The namespace of the functions, which the job's rights are for; the job itself is elsewhere."""


@dataclass(frozen=True)
class Site:
    """The running product: callers and the official client come in at `url`, by HTTPS."""

    lab: Lab
    url: str
    sdk: GoSdk
    echo: Path

    @property
    def ca_file(self) -> str:
        return str(self.lab.tls / "ca.pem")

    def run_provider(self, **settings: str) -> None:
        """Run the shipped job, or upgrade it; return at once."""
        self.lab.cli("nomad", "job", "run", "-detach", *variables(settings), JOB_FILE)

    def provider_is_whole(self) -> bool:
        """Tell whether the newest version runs with two healthy instances and nothing else does."""
        status = self.lab.ask(f"/v1/job/{JOB}/deployment") or {"Status": "", "JobVersion": -1}
        running = self.lab.allocations(JOB)
        newest = {a["JobVersion"] for a in running} == {status["JobVersion"]}
        return bool(status["Status"] == "successful" and newest and len(running) == 2)

    def ready_instances(self) -> int:
        """Return how many instances themselves say that they take callers."""
        return sum(self._is_ready(address) for address in self.instances())

    def instances(self) -> list[str]:
        """Return the addresses at which instances are registered."""
        found = self.lab.ask(f"/v1/service/{JOB}")
        return [f"https://{one['Address']}:{one['Port']}" for one in found]

    def starts(self) -> dict[str, list[str]]:
        """Return when the tasks of the instances and of the ingress were started."""
        found = [*self.lab.allocations(JOB), *self.lab.allocations(INGRESS)]
        return {a["ID"]: [s["StartedAt"] for s in a["TaskStates"].values()] for a in found}

    def certificate_at(self, address: str) -> str:
        """Return the certificate that callers are shown there; empty when nobody answers."""
        parts = urlsplit(address)
        try:
            return ssl.get_server_certificate(
                (str(parts.hostname), int(parts.port or 0)), timeout=5
            )
        except OSError:
            return ""

    def carries(self, node: str) -> bool:
        """Tell whether the instance on that node has been sent invocations since it started."""
        there = {a["ID"] for a in self.lab.allocations(JOB) if a["NodeName"] == node}
        found = self.lab.ask(f"/v1/service/{JOB}")
        at = [f"https://{s['Address']}:{s['Port']}" for s in found if s["AllocID"] in there]
        return any("gateway_function_invocation_total{" in self._metrics(url) for url in at)

    def _metrics(self, address: str) -> str:
        try:
            return httpx.get(f"{address}/metrics", verify=self.lab.trust(), timeout=5).text
        except httpx.TransportError:
            return ""

    def _is_ready(self, address: str) -> bool:
        try:
            return httpx.get(f"{address}/readyz", verify=self.lab.trust(), timeout=2).is_success
        except httpx.TransportError:
            return False

    def answers(self, path: str) -> bool:
        try:
            return httpx.get(self.url + path, verify=self.lab.trust(), timeout=5).is_success
        except httpx.TransportError:
            return False

    def deployment(self, name: str) -> Json:
        """Return a deployment of the echo function with two replicas."""
        return {
            "service": name,
            "image": "functions/echo:1",
            "envProcess": str(self.echo),
            "envVars": {"VERSION": "1", "mode": "http"},
            "labels": {"com.openfaas.scale.min": "2"},
            "annotations": {"com.openfaas.nomad.spread": "datacenter dc-a:50 dc-b:50 weight=100"},
        }

    def available(self, name: str) -> int:
        """Return how many replicas the official client sees."""
        reply = self.sdk.get(name)
        return int(reply.result.get("availableReplicas", 0)) if not reply.error else 0


JOB_FILE = "faas-nomad-exec.nomad.hcl"


def variables(settings: dict[str, str]) -> list[str]:
    """Return the job's variables: this checkout's program, and any ports for the ingress."""
    program = shutil.which("faas-nomad", path=str(Path(sys.executable).parent))
    given_here = {"job_driver": "raw_exec", "host": "127.0.0.1", "nomad_namespace": FUNCTIONS}
    merged = {**given_here, **settings}
    text = ",".join(f'"{name}"="{value}"' for name, value in merged.items())
    given = {
        "command": program,
        "driver": "raw_exec",
        "user": "",
        "gateway_port": 0,
        "provider_port": 0,
        "basic_auth": "true",
        "tls": "true",
        "settings": f"{{{text}}}",
    }
    return [f"-var={name}={value}" for name, value in given.items()]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Everything from nothing, by the documents: certificates, rights, both jobs."""
    haproxy = require_program("haproxy", "haproxy")
    sdk, echo, binary = build_go_program("sdk"), build_go_program("echo"), require_nomad()
    with ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(prefix="ha-", ignore_cleanup_errors=True)
        lab = stack.enter_context(run_lab(binary, Path(stack.enter_context(folder))))
        provision(lab)
        [port] = free_ports(1)
        url = f"https://localhost:{port}"
        ca_file = str(lab.tls / "ca.pem")
        running = Site(lab, url, GoSdk(sdk, url, *AUTH, ca_file=ca_file), echo)
        running.run_provider()
        run_ingress(lab, port, haproxy)
        wait_until(running.provider_is_whole, "two instances are healthy", UP_WITHIN_S)
        wait_until(lambda: running.answers("/readyz"), "the ingress lets callers in", UP_WITHIN_S)
        yield running


def provision(lab: Lab) -> None:
    """Give the jobs their rights, passwords and certificates."""
    script = str(PROVISIONING / "nomad" / "apply.sh")
    for _ in range(2):
        lab.cli(script, FUNCTIONS=FUNCTIONS)
    put_certificates(lab)


def renew_certificate(lab: Lab) -> None:
    """Make another certificate, as is done near its end, and put it where the jobs read it."""
    pair = lab.tls / "faas-nomad.pem"
    old = pair.read_text()
    pair.unlink()
    lab.cli(str(PROVISIONING / "tls" / "apply.sh"), str(lab.tls))
    assert pair.read_text() != old
    put_certificates(lab, "-force")


def put_certificates(lab: Lab, *options: str) -> None:
    tls = lab.tls
    pair = (tls / "faas-nomad.pem").read_text() + (tls / "faas-nomad-key.pem").read_text()
    (tls / "pair.pem").write_text(pair)
    own = [f"tls_cert=@{tls}/faas-nomad.pem", f"tls_key=@{tls}/faas-nomad-key.pem"]
    own += [f"user={AUTH[0]}", f"password={AUTH[1]}"]
    lab.cli("nomad", "var", "put", *options, f"nomad/jobs/{JOB}", *own)
    shown = [f"pem=@{tls}/pair.pem", f"ca=@{tls}/ca.pem"]
    lab.cli("nomad", "var", "put", *options, f"nomad/jobs/{INGRESS}", *shown)


def run_ingress(lab: Lab, port: int, haproxy: str) -> None:
    """Run the shipped ingress on client b, with the machine's HAProxy in place of the image."""
    given: dict[str, str | int] = {
        "port": port,
        "tls": "true",
        "instance_name": "localhost",
        "datacenters": '["dc-b"]',
    }
    job = shipped_job("ingress.nomad.hcl", given)
    as_raw_exec(job, {"haproxy": [haproxy, "-W", "-db"]})
    lab.ask("/v1/jobs", "POST", json={"Job": job})


def check_none_failed(site: Site, report: Report) -> None:
    """Fail with what the callers and the ingress saw."""
    logs = (site.lab.folder / "b" / "a").glob("*/alloc/logs/haproxy.std*")
    seen = "".join(log.read_text()[-3000:] for log in logs)
    assert report.requests > 500, report
    assert report.failed == 0, f"{report.statuses} {list(report.failures)[:3]}\n{seen}"
