"""The podman driver, a plugin of its own: a function is its image. Pure.

It lets tasks do what Nomad's docker driver refuses unless its operator allows it, and so does not
here. Source: nomad-driver-podman `config.go`, `driver.go createImage` (v0.6).
"""

from typing import Any

from faas_nomad.translate import values
from faas_nomad.translate.drivers.base import Driver, TaskParts, TaskRequest
from faas_nomad.translate.drivers.container import (
    PULL_ANNOTATIONS,
    Reader,
    at_least_one,
    bounds,
    labels,
    listing,
    mapping,
    network,
    options,
    plain,
    pull_settings,
    words,
)
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.registry_logins import DRIVER_AUTH
from faas_nomad.translate.secret_files import MOUNTED

CAPABILITIES = frozenset(
    {
        "audit_write",
        "chown",
        "dac_override",
        "fowner",
        "fsetid",
        "kill",
        "mknod",
        "net_bind_service",
        "setfcap",
        "setgid",
        "setpcap",
        "setuid",
        "sys_chroot",
    }
)
"""Those of the docker driver's `allow_caps` (nomad `drivers/shared/capabilities`, v1.11)."""
BACK_AFTER_S = 9
"""The plugin looks once a second, Nomad waits 1 s, and then 4 s for the plugin to leave its log."""
ARCHIVES = ("docker-archive:", "oci-archive:")
"""The plugin, as root, reads such an image from its node's files."""


def capabilities(field: str, text: str) -> list[str]:
    """Read names of Linux capabilities that keep a container in."""
    found = listing(field, text)
    if all(name.lower().removeprefix("cap_") in CAPABILITIES for name in found):
        return found
    known = ", ".join(sorted(CAPABILITIES))
    raise InvalidDeploymentError(field, text, f"of {known}, separated by commas")


OPTIONS: dict[str, Reader] = {
    "args": words,
    "cap_add": capabilities,
    "cap_drop": listing,
    "command": plain,
    "cpu_cfs_period": values.whole,
    "cpu_hard_limit": values.flag,
    "entrypoint": words,
    "extra_hosts": listing,
    "hostname": plain,
    "init": values.flag,
    "pids_limit": at_least_one,
    "security_opt": listing,
    "shm_size": plain,
    "socket": plain,
    "sysctl": mapping,
    "ulimit": mapping,
    "userns": plain,
    "working_dir": plain,
}


def _parts(task: TaskRequest) -> TaskParts:
    if task.fn.image.startswith(ARCHIVES):
        raise InvalidDeploymentError("image", task.fn.image, "an image in a registry")
    return TaskParts(
        {
            **pull_settings(task),
            "auth": _auth(task),
            **network(task),
            **bounds(task),
            **(_read_only(task.policy.tmp_size_mb) if task.fn.read_only_root_filesystem else {}),
            **(_secrets() if task.fn.secrets else {}),
            "labels": labels(task),
            **options("podman.", OPTIONS, task.written, task.policy.container_options),
        }
    )


def _auth(task: TaskRequest) -> dict[str, Any]:
    """Return how the registry is asked; the plugin checks no certificate unless it is told to."""
    login = DRIVER_AUTH if task.has_login else {}
    return {**login, "tls_verify": task.policy.podman_tls_verify}


def _read_only(tmp_size_mb: int) -> dict[str, Any]:
    return {"readonly_rootfs": True, "tmpfs": [f"/tmp:size={tmp_size_mb}m"]}  # noqa: S108


def _secrets() -> dict[str, Any]:
    return {"volumes": [f"{MOUNTED.folder}:{MOUNTED.path}:ro"]}


DRIVER = Driver(
    name="podman",
    parts=_parts,
    annotations=("podman.", *PULL_ANNOTATIONS),
    runs_images=True,
    has_bridge=True,
    has_resolver=True,
    has_cpu_quota=True,
    has_read_only_root=True,
    secrets=MOUNTED,
    back_after_s=BACK_AFTER_S,
)
