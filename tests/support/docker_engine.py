"""A Docker engine and an image registry of their own for tests, started by hand as root.

Nothing of it is shared with an engine that already runs: own folders, own socket, own bridge. It
writes no firewall rules (`--iptables=false`): published ports are carried by docker-proxy, which is
all that a node on one machine needs. Nomad pulls every `:latest` image anew, hence the registry;
Docker takes plain HTTP from registries on 127.0.0.0/8.
"""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from support.certificates import Certificate
from support.images import publish_image, run_command
from support.mounts import unmount_below
from support.ports import free_ports
from support.processes import Child, running
from support.requirements import lacking
from support.waiting import wait_until

READY_WITHIN_S = 30.0
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PRIVATE_USER = "puller"
PRIVATE_PASSWORD = 's3cret of a "registry" #${x} \\ ü'
"""With everything that some parser on its way might take for something else."""
_PRIVATE_BCRYPT = "$2b$04$juWJdgmgaK.skPq56IREiem0Q/JKhFn1kJ8AmWeX2DQyFjmoTrlwu"
_bridges = count()
"""One test process may run several engines at a time."""
_PROGRAMS = ("dockerd", "docker", "containerd", "docker-registry", "ip")


@dataclass(frozen=True)
class DockerEngine:
    """A running engine; `endpoint` is for Nomad's docker plugin and for DOCKER_HOST."""

    endpoint: str
    registry: str

    def docker(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run the docker command line and return what it printed."""
        environment = {"PATH": SYSTEM_PATH, "HOME": "/nonexistent", "DOCKER_HOST": self.endpoint}
        return run_command(("docker", *arguments), stdin, environment)

    def publish(self, name: str, program: Path) -> str:
        """Put an image with nothing but `program` into the registry; return its reference."""
        reference = f"{self.registry}/{name}"
        publish_image(self.docker, reference, program)
        return reference


def require_docker() -> None:
    """Skip the test where no engine can be started, or fail it where REQUIRE_REAL is set."""
    if os.geteuid() != 0:
        pytest.skip("a Docker engine of its own needs root")
    absent = [name for name in _PROGRAMS if shutil.which(name, path=SYSTEM_PATH) is None]
    if absent:
        lacking(f"no {', '.join(absent)}: install docker.io, docker-registry and iproute2")


@contextmanager
def run_docker_engine() -> Iterator[DockerEngine]:
    """Run an engine and a registry until the block ends; then nothing of them is left."""
    with ExitStack() as stack:
        # Not pytest's folder: the path of a Unix socket has at most 107 bytes.
        folder = Path(tempfile.mkdtemp(prefix="fn-docker-", dir="/tmp"))
        stack.callback(_remove, folder)
        bridge = stack.enter_context(_bridge())
        engine = stack.enter_context(_engine(folder, bridge))
        registry = stack.enter_context(run_registry(folder))
        endpoint = f"unix://{folder}/docker.sock"
        ready = DockerEngine(endpoint, registry)
        _wait_until_ready(engine, ready)
        yield ready


@contextmanager
def _bridge() -> Iterator[str]:
    """Make a bridge, since dockerd makes none but docker0, which another engine may hold."""
    number = next(_bridges)
    name, address = f"fnb{os.getpid()}.{number}", f"198.18.{(os.getpid() + number) % 256}.1/24"
    subprocess.run(["ip", "link", "add", "name", name, "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "addr", "add", address, "dev", name], check=True)
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "link", "del", name], check=True)


@contextmanager
def _engine(folder: Path, bridge: str) -> Iterator[Child]:
    config = folder / "daemon.json"
    config.write_text("{}")
    command = ["dockerd", f"--config-file={config}", f"--host=unix://{folder}/docker.sock"]
    command += [f"--data-root={folder}/data", f"--exec-root={folder}/exec"]
    command += [f"--pidfile={folder}/docker.pid", f"--bridge={bridge}", "--log-level=warn"]
    command += ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]
    environment = {"PATH": SYSTEM_PATH, "HOME": str(folder)}
    with running("dockerd", command, folder / "docker.log", environment) as child:
        yield child
    _kill_containerd(folder)


@dataclass(frozen=True)
class PrivateRegistry:
    """A registry that lets in one user; `engine` is where its images are made."""

    address: str
    engine: DockerEngine
    folder: Path

    @staticmethod
    def login(server: str, password: str = PRIVATE_PASSWORD) -> str:
        """Return a config.json with the login for a server, as `docker login` writes it."""
        auth = base64.b64encode(f"{PRIVATE_USER}:{password}".encode()).decode()
        return json.dumps({"auths": {server: {"auth": auth}}}, indent=2)

    def publish(self, name: str, program: Path) -> str:
        """Put an image with nothing but `program` into the registry; return its reference."""
        (self.folder / "config.json").write_text(self.login(self.address))
        reference = f"{self.address}/{name}"
        publish_image(self.engine.docker, reference, program, "--config", str(self.folder))
        return reference


@contextmanager
def run_private_registry(engine: DockerEngine, folder: Path) -> Iterator[PrivateRegistry]:
    """Run a registry with basic auth in `folder` until the block ends."""
    (folder / "htpasswd").write_text(f"{PRIVATE_USER}:{_PRIVATE_BCRYPT}\n")
    auth = f"auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}\n"
    with run_registry(folder, auth) as address:
        yield PrivateRegistry(address, engine, folder)


@contextmanager
def run_registry(folder: Path, auth: str = "", tls: Certificate | None = None) -> Iterator[str]:
    """Run a registry until the block ends and give its address; `auth` is that part of its file.

    Without `tls`, its certificate, it speaks plain HTTP.
    """
    files = f"certificate: {tls.cert_file}, key: {tls.key_file}" if tls else ""
    address = f"127.0.0.1:{free_ports(1)[0]}"
    config = folder / "registry.yml"
    config.write_text(
        "version: 0.1\nlog: {level: warn}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\n"
        f'http: {{addr: "{address}", tls: {{{files}}}}}\n{auth}'
    )
    command = ["docker-registry", "serve", str(config)]
    environment = {"PATH": SYSTEM_PATH, "OTEL_TRACES_EXPORTER": "none"}
    with running("docker-registry", command, folder / "registry.log", environment):
        yield address


def _wait_until_ready(engine: Child, docker: DockerEngine) -> None:
    def answers() -> bool:
        engine.check_alive()
        with suppress(AssertionError):
            return bool(docker.docker("version", "--format", "{{.Server.Version}}"))
        return False

    wait_until(answers, "the Docker engine answers", READY_WITHIN_S)


def _kill_containerd(folder: Path) -> None:
    """End the engine's containerd in case the engine had to be killed."""
    pid_file = folder / "exec" / "containerd" / "containerd.pid"
    with suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        if str(folder) in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(pid, signal.SIGKILL)


def _remove(folder: Path) -> None:
    unmount_below(folder)
    shutil.rmtree(folder)
