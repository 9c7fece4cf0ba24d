"""faas-nomad as its own Nomad job, with its workload identity and the shipped policy."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad
from support.ports import free_ports
from support.shipped_jobs import DEPLOY
from support.waiting import wait_until

pytestmark = pytest.mark.real
PROVISIONING = DEPLOY.parent / "provisioning" / "nomad"
AUTH = ("admin", "of the variable")
UP_WITHIN_S = 60.0


@dataclass(frozen=True)
class Site:
    """A Nomad with ACLs on, and where faas-nomad's job answers on it."""

    agent: NomadAgent
    url: str

    def cli(self, *words: str, cwd: Path = DEPLOY / "nomad") -> str:
        """Run a command with the management token; return what it printed."""
        done = subprocess.run(
            words,
            cwd=cwd,
            env={
                "PATH": f"{require_nomad().parent}:{os.environ['PATH']}",
                "HOME": str(cwd),
                "NOMAD_ADDR": self.agent.address,
                "NOMAD_TOKEN": self.agent.token,
            },
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return httpx.request(method, self.url + path, auth=AUTH, timeout=15, **more)

    def answers(self, path: str, **more: Any) -> bool:
        try:
            return self.call("GET", path, **more).status_code == 200
        except httpx.TransportError:
            return False

    def wait_for_nomad(self) -> None:
        wait_until(lambda: self.answers("/healthz"), "the job serves", UP_WITHIN_S)

        def connected() -> bool:
            detail = self.call("GET", "/healthz?detail=1").json()
            return bool(detail["backends"]["nomad"]["connected"])

        wait_until(connected, "it is in touch with Nomad", UP_WITHIN_S)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The shipped job, provisioned by the shipped script and run with raw_exec.

    The folder is short: the path of the task API's socket has 107 bytes at most.
    """
    with ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(prefix="own-", ignore_cleanup_errors=True)
        name = stack.enter_context(folder)
        config = f'client {{\n  alloc_dir = "{name}/a"\n}}\n'
        binary = require_nomad()
        agent = run_nomad_agent(binary, Path(name), acl=True, more_config=config)
        yield from on(stack.enter_context(agent))


def on(agent: NomadAgent) -> Iterator[Site]:
    """Provision the agent, run the job on it, and stop it in the end."""
    port, gateway_port = free_ports(2)
    running = Site(agent, f"http://127.0.0.1:{gateway_port}")
    script = str(PROVISIONING / "apply.sh")
    assert running.cli(script) == running.cli(script)
    items = [f"user={AUTH[0]}", f"password={AUTH[1]}"]
    running.cli("nomad", "var", "put", "nomad/jobs/faas-nomad", *items)
    running.cli("nomad", "job", "run", *variables(port, gateway_port), JOB_FILE)
    running.wait_for_nomad()
    yield running
    running.cli("nomad", "job", "stop", "-purge", "-no-shutdown-delay", "faas-nomad")


JOB_FILE = "faas-nomad-exec.nomad.hcl"


def variables(port: int, gateway_port: int) -> list[str]:
    program = shutil.which("faas-nomad", path=str(Path(sys.executable).parent))
    given = {
        "command": program,
        "driver": "raw_exec",
        "user": "",
        "instances": 1,
        "gateway_port": gateway_port,
        "provider_port": port,
        "basic_auth": "true",
        "settings": '{"job_driver"="raw_exec","host"="127.0.0.1"}',
    }
    return [f"-var={name}={value}" for name, value in given.items()]


def deployed(site: Site, name: str) -> httpx.Response:
    body = {"service": name, "image": "x:1", "envProcess": "cat"}
    return site.call("POST", "/system/functions", json=body)


@pytest.mark.timeout(180)
def test_it_deploys_and_serves_a_function(site: Site) -> None:
    assert httpx.get(f"{site.url}/system/functions").status_code == 401
    assert deployed(site, "cat").status_code == 202

    def serves() -> bool:
        answer = site.call("POST", "/function/cat", content=b"hello")
        return (answer.status_code, answer.content) == (200, b"hello")

    wait_until(serves, "the function answers", UP_WITHIN_S)
    kept = site.call("POST", "/system/secrets", json={"name": "key", "value": "v"})
    assert kept.status_code == 202, kept.text
    assert site.call("DELETE", "/system/secrets", json={"name": "key"}).status_code == 202
    gone = site.call("DELETE", "/system/functions", json={"functionName": "cat"})
    assert gone.status_code == 202


@contextmanager
def lacking(site: Site, right: str, folder: Path) -> Iterator[None]:
    """Take one right away from the job's policy until the block ends."""
    name = "faas-nomad.policy.hcl"
    whole = (PROVISIONING / name).read_text()
    shutil.copy(PROVISIONING / "apply.sh", folder)
    (folder / name).write_text(whole.replace(f'"{right}", ', "").replace(f', "{right}"]', "]"))
    assert (folder / name).read_text() != whole
    site.cli("./apply.sh", cwd=folder)
    try:
        yield
    finally:
        site.cli(str(PROVISIONING / "apply.sh"))


SECRET = {"name": "s", "value": "v"}


@pytest.mark.parametrize(
    ("right", "method", "path", "body", "said"),
    [
        (
            "submit-job",
            "POST",
            "/system/functions",
            {"service": "a", "image": "x", "envProcess": "cat"},
            'the capability "submit-job" in the namespace "default"',
        ),
        (
            "read-job",
            "POST",
            "/system/functions",
            {"service": "a", "image": "x", "envProcess": "cat"},
            'the capability "read-job" in the namespace "default"',
        ),
        (
            "write",
            "POST",
            "/system/secrets",
            SECRET,
            '"write" on the variables path "openfaas/secrets/s"',
        ),
        (
            "read",
            "PUT",
            "/system/secrets",
            {"name": "kept", "value": "w"},
            '"read" on the variables path "openfaas/secrets/kept"',
        ),
        (
            "destroy",
            "DELETE",
            "/system/secrets",
            {"name": "kept"},
            '"destroy" on the variables path "openfaas/secrets/kept"',
        ),
    ],
)
def test_a_call_that_lacks_a_right_names_it(
    site: Site, tmp_path: Path, right: str, method: str, path: str, body: dict[str, str], said: str
) -> None:
    site.call("POST", "/system/secrets", json={"name": "kept", "value": "v"})
    with lacking(site, right, tmp_path):
        refused = site.call(method, path, json=body)

        assert refused.status_code == 502, refused.text
        assert said in refused.text

    site.wait_for_nomad()


@pytest.mark.timeout(180)
def test_logs_that_lack_their_right_name_it(site: Site, tmp_path: Path) -> None:
    assert deployed(site, "talks").status_code in (202, 409)

    def serves() -> bool:
        return site.call("POST", "/function/talks", content=b"hello").status_code == 200

    wait_until(serves, "the function answers", UP_WITHIN_S)
    with lacking(site, "read-logs", tmp_path):
        said = site.call("GET", "/system/logs?name=talks&follow=false")

        assert 'the call takes the capability \\"read-logs\\"' in said.text
    assert site.call("DELETE", "/system/functions", json={"functionName": "talks"}).is_success
    site.wait_for_nomad()


def test_without_list_jobs_the_service_says_so_and_keeps_what_it_knows(
    site: Site, tmp_path: Path
) -> None:
    with lacking(site, "list-jobs", tmp_path):

        def tells() -> bool:
            detail = site.call("GET", "/healthz?detail=1").text
            return "list-jobs" in detail

        wait_until(tells, "the health page names the capability", 90)
        assert site.answers("/system/functions")
    site.wait_for_nomad()
