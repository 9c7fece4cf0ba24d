"""A Podman service of its own for tests, started by hand as root, and a registry for its images.

Nothing of it is shared with a Podman that is there: own storage, own networks, own socket; empty
chains of its firewall rules stay. Nomad reaches it by the plugin nomad-driver-podman, which is no
part of Nomad: NOMAD_PODMAN_PLUGIN is its path. The registry speaks TLS.
"""

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.certificates import Authority, make_authority
from support.docker_engine import SYSTEM_PATH, run_registry
from support.images import publish_image, run_command
from support.mounts import unmount_below
from support.processes import running
from support.waiting import wait_until

READY_WITHIN_S = 30.0
_PROGRAMS = ("podman", "runc", "conmon", "docker-registry")


@dataclass(frozen=True)
class PodmanEngine:
    """A running service; `socket` is for the plugin."""

    folder: Path
    registry: str
    plugin: Path
    authority: Authority
    """The registry's, the only one that the engine believes."""

    @property
    def socket(self) -> str:
        return f"unix://{self.folder}/podman.sock"

    @property
    def environment(self) -> dict[str, str]:
        """Return what every podman of this engine needs."""
        return {
            "PATH": SYSTEM_PATH,
            "HOME": str(self.folder),
            "CONTAINERS_CONF": f"{self.folder}/containers.conf",
            "CONTAINERS_STORAGE_CONF": f"{self.folder}/storage.conf",
            "SSL_CERT_FILE": str(self.authority.ca_file),
        }

    def podman(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run the podman command line and return what it printed."""
        return run_command(("podman", *arguments), stdin, self.environment)

    def publish(self, name: str, program: Path) -> str:
        """Put an image with nothing but `program` into the registry; return its reference."""
        reference = f"{self.registry}/{name}"
        publish_image(self.podman, reference, program)
        return reference

    def nomad_config(self) -> str:
        """Return the lines of a Nomad agent that runs containers with it."""
        return f"""
plugin_dir = "{self.plugin.parent}"
plugin "{self.plugin.name}" {{
  config {{ socket_path = "{self.socket}" }}
}}
"""


def require_podman() -> Path:
    """Return the plugin, or skip the test where no service can be started."""
    if os.geteuid() != 0:
        pytest.skip("a Podman service of its own needs root")
    plugin = Path(os.environ.get("NOMAD_PODMAN_PLUGIN", ""))
    if not plugin.is_file():
        pytest.skip("no podman plugin: NOMAD_PODMAN_PLUGIN=/…/nomad-driver-podman")
    absent = [name for name in _PROGRAMS if shutil.which(name, path=SYSTEM_PATH) is None]
    if absent:
        pytest.skip(f"no {', '.join(absent)}: install podman, runc and docker-registry")
    return plugin


@contextmanager
def run_podman_engine(plugin: Path) -> Iterator[PodmanEngine]:
    """Run a service and a registry until the block ends; then nothing of them is left."""
    with ExitStack() as stack:
        # Not pytest's folder: the path of a Unix socket has at most 107 bytes.
        folder = Path(tempfile.mkdtemp(prefix="fn-podman-", dir="/tmp"))
        stack.callback(shutil.rmtree, folder)
        stack.callback(unmount_below, folder)
        _configure(folder)
        authority = make_authority(folder)
        certificate = authority.issue("registry")
        registry = stack.enter_context(run_registry(folder, tls=certificate))
        engine = PodmanEngine(folder, registry, plugin, authority)
        command = ["podman", "system", "service", "--time=0", engine.socket]
        service = running("podman", command, folder / "podman.log", engine.environment)
        stack.enter_context(service)
        wait_until((folder / "podman.sock").exists, "Podman listens", READY_WITHIN_S)
        yield engine
        engine.podman("rm", "--all", "--force")


def _configure(folder: Path) -> None:
    # Without CAP_SYS_RESOURCE Podman cannot raise limits, as it would by default. One number each:
    # the API of Podman 4.3.1 takes soft for hard.
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    (folder / "containers.conf").write_text(f"""
[containers]
default_ulimits = ["nofile={files}:{files}", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_config_dir = "{folder}/networks"
""")
    (folder / "networks").mkdir()
    (folder / "storage.conf").write_text(f"""
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
""")
