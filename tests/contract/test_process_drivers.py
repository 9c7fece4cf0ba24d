"""Functions that are no containers run on a real Nomad: with the watchdog, artifacts and a jar."""

import base64
import hashlib
import http.server
import io
import os
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.policy import EmbeddedWatchdog, JobPolicy
from faas_nomad.watchdog.build import zipapp_bytes
from support.deployments import OURS, deployment
from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad
from support.requirements import lacking
from support.stopping_jobs import stop_job
from support.waiting import wait_until

pytestmark = pytest.mark.real

READY_WITHIN_S = 60.0
SECRET = b"\0\xff one"
SYSTEM_PYTHON = Path("/usr/bin/python3")

HANDLER = """#!/bin/sh
echo "handled $(cat) in $(pwd)"
"""
PROGRAM = """
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

public class Main {
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(System.getenv("port"));
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
    byte[] body = String.join("|", args[0], System.getProperty("p")).getBytes();
    server.createContext("/", exchange -> {
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.createContext("/secret", exchange -> {
      byte[] secret = Files.readAllBytes(Path.of(System.getenv("OPENFAAS_SECRETS_PATH"), "a.key"));
      exchange.sendResponseHeaders(200, secret.length);
      exchange.getResponseBody().write(secret);
      exchange.close();
    });
    server.start();
  }
}
"""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadAgent]:
    """An agent whose chroot holds what the system's Python, a shell and a JVM need."""
    chroot = existing_chroot() if os.getuid() == 0 else {}
    folder = tmp_path_factory.mktemp("nomad")
    with run_nomad_agent(require_nomad(), folder, chroot_files=chroot) as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder and the address under which nodes download what is in it."""
    folder = tmp_path_factory.mktemp("site")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@contextmanager
def function(agent: NomadAgent, driver: str, **fields: Any) -> Iterator[httpx.Client]:
    """Deploy a function, wait until it listens, and remove it at the end."""
    policy = JobPolicy(
        driver=driver,
        watchdog=EmbeddedWatchdog(zipapp_bytes()),
        watchdog_python=(str(SYSTEM_PYTHON),),
    )
    job = job_from_deployment(
        deployment(**fields),
        policy,
        nomad_namespace="default",
        job_id="openfaas-figlet",
        count=1,
        created_ns=1,
    )
    with httpx.Client(base_url=agent.address, timeout=30) as nomad:
        reply = nomad.post("/v1/jobs", json={"Job": job})
        assert reply.status_code == 200, reply.text
        try:
            url = wait_until(lambda: listening(nomad), f"{driver} listens", READY_WITHIN_S)
            with httpx.Client(base_url=url, timeout=10) as client:
                yield client
        finally:
            stop_job(nomad, "openfaas-figlet")


def running(nomad: httpx.Client) -> list[dict[str, Any]]:
    allocations = nomad.get("/v1/allocations", params={"resources": "true"}).json()
    return [one for one in allocations if one["ClientStatus"] == "running"]


def listening(nomad: httpx.Client) -> str:
    for allocation in running(nomad):
        (port,) = allocation["AllocatedResources"]["Shared"]["Ports"]
        url = f"http://127.0.0.1:{port['Value']}"
        try:
            httpx.get(f"{url}/_/health", timeout=2)
        except httpx.TransportError:
            return ""
        return url
    return ""


def existing_chroot() -> dict[str, str]:
    """Return the host's paths that are there; the default chroot is all of /usr, and slow."""
    version = os.path.realpath(SYSTEM_PYTHON).rpartition("/")[2]
    java = java_home()
    wanted = {
        str(SYSTEM_PYTHON.resolve()): str(SYSTEM_PYTHON),
        f"/usr/lib/{version}": f"/usr/lib/{version}",
        "/usr/bin/cat": "/bin/cat",
        "/usr/bin/dash": "/bin/sh",
        "/usr/lib/x86_64-linux-gnu": "/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu": "/lib/aarch64-linux-gnu",
        "/usr/lib64": "/lib64",
        **{f"{java}/{part}": f"{java}/{part}" for part in ("bin", "lib", "conf")},
        f"/etc/{java.name.removesuffix('-amd64')}": f"/etc/{java.name.removesuffix('-amd64')}",
    }
    return {outside: inside for outside, inside in wanted.items() if Path(outside).exists()}


def java_home() -> Path:
    return Path(shutil.which("java") or "/nowhere/bin/java").resolve().parent.parent


def require_chroot() -> None:
    if os.getuid() != 0:
        lacking("no root: a chroot cannot be made")
    if not SYSTEM_PYTHON.exists():
        lacking(f"no {SYSTEM_PYTHON} to put into a chroot")


@pytest.mark.parametrize("driver", ["raw_exec", "exec"])
def test_the_embedded_watchdog_runs_the_function(agent: NomadAgent, driver: str) -> None:
    if driver == "exec":
        require_chroot()

    with function(agent, driver, envProcess="cat") as client:
        assert client.post("/", content=b"\0\xff echo").content == b"\0\xff echo"
        assert client.get("/_/health").status_code == 200


@pytest.mark.parametrize("driver", ["raw_exec", "exec"])
def test_an_archive_is_unpacked_beside_the_watchdog(
    agent: NomadAgent, site: tuple[Path, str], driver: str
) -> None:
    if driver == "exec":
        require_chroot()
    folder, address = site
    archive = folder / "fn.tar.gz"
    archive.write_bytes(tar_of("handler.sh", HANDLER))
    checksum = f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"

    with function(
        agent,
        driver,
        image=f"{address}/fn.tar.gz",
        envProcess="sh local/fn/handler.sh",
        annotations={f"{OURS}artifact.checksum": checksum},
    ) as client:
        answer = client.post("/", content=b"x").text

    assert answer.startswith("handled x in /")


def test_a_jar_is_a_function(agent: NomadAgent, site: tuple[Path, str], tmp_path: Path) -> None:
    require_chroot()
    folder, address = site
    shutil.copy(jar(tmp_path), folder / "fn.jar")

    with function(
        agent,
        "java",
        image=f"{address}/fn.jar",
        envProcess="",
        annotations={
            f"{OURS}java.jvm_options": "-Xmx32m '-Dp=${NOMAD_ALLOC_ID} %{if}'",
            f"{OURS}java.args": "'two words'",
            f"{OURS}check": "tcp",
        },
    ) as client:
        assert client.get("/").text == "two words|${NOMAD_ALLOC_ID} %{if}"


def tar_of(name: str, text: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(text), 0o755
        archive.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def jar(folder: Path) -> Path:
    if not shutil.which("javac") or not shutil.which("jar"):
        pytest.skip("no JDK: javac and jar are not on PATH")
    (folder / "Main.java").write_text(PROGRAM)
    subprocess.run(["javac", "Main.java"], cwd=folder, check=True, timeout=60)
    classes = [path.name for path in folder.glob("*.class")]
    command = ["jar", "cfe", "fn.jar", "Main", *classes]
    subprocess.run(command, cwd=folder, check=True, timeout=60)
    return folder / "fn.jar"


@pytest.mark.parametrize("driver", ["raw_exec", "exec"])
def test_a_secret_is_a_file_that_a_function_without_rights_reads(
    agent: NomadAgent, driver: str
) -> None:
    """In a chroot functions run as nobody, and find it where every OpenFaaS function looks."""
    if driver == "exec":
        require_chroot()
    process = "cat /var/openfaas/secrets/a.key"
    if driver == "raw_exec":
        process = "cat secrets/openfaas/a.key"
    with (
        secret_kept(agent),
        function(agent, driver, envProcess=process, secrets=["a.key"]) as client,
    ):
        assert client.post("/").content == SECRET


def test_a_jar_s_program_reads_its_secret(
    agent: NomadAgent, site: tuple[Path, str], tmp_path: Path
) -> None:
    require_chroot()
    folder, address = site
    shutil.copy(jar(tmp_path), folder / "secret.jar")
    annotations = {f"{OURS}check": "tcp", f"{OURS}java.jvm_options": "-Xmx32m -Dp=x"}

    with (
        secret_kept(agent),
        function(
            agent,
            "java",
            image=f"{address}/secret.jar",
            envProcess="",
            annotations={**annotations, f"{OURS}java.args": "x"},
            secrets=["a.key"],
        ) as client,
    ):
        assert client.get("/secret").content == SECRET


@contextmanager
def secret_kept(agent: NomadAgent) -> Iterator[None]:
    """Have the secret where the function's task may read it."""
    variable = f"{agent.address}/v1/var/nomad/jobs/openfaas-figlet/fn/fn"
    items = {"a.key": base64.b64encode(SECRET).decode()}
    assert httpx.put(variable, json={"Items": items}).status_code == 200
    try:
        yield
    finally:
        httpx.delete(variable)
