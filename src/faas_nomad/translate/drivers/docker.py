"""The docker driver: a function is its image. Pure.

Source: nomad `drivers/docker/config.go` (v1.11).
"""

from typing import Any

from faas_nomad.translate import values
from faas_nomad.translate.drivers.base import Driver, TaskParts, TaskRequest
from faas_nomad.translate.drivers.container import (
    MIB,
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
from faas_nomad.translate.secret_files import MOUNTED

OPTIONS: dict[str, Reader] = {
    "args": words,
    "cap_add": listing,
    "cap_drop": listing,
    "command": plain,
    "cpu_cfs_period": values.whole,
    "cpu_hard_limit": values.flag,
    "entrypoint": words,
    "extra_hosts": listing,
    "group_add": listing,
    "hostname": plain,
    "init": values.flag,
    "isolation": plain,
    "pids_limit": at_least_one,
    "runtime": plain,
    "security_opt": listing,
    "shm_size": values.whole,
    "storage_opt": mapping,
    "sysctl": mapping,
    "ulimit": mapping,
    "userns_mode": plain,
    "work_dir": plain,
}


def _parts(task: TaskRequest) -> TaskParts:
    return TaskParts(
        {
            **pull_settings(task),
            **network(task),
            **bounds(task),
            **({"readonly_rootfs": True} if task.fn.read_only_root_filesystem else {}),
            **_mounts(task),
            "labels": labels(task),
            **options("docker.", OPTIONS, task.written, task.policy.container_options),
        }
    )


def _mounts(task: TaskRequest) -> dict[str, Any]:
    """Return a /tmp beside a read-only root, and the secrets; a relative source is the task's."""
    size = task.policy.tmp_size_mb * MIB
    tmp = {"type": "tmpfs", "target": "/tmp", "tmpfs_options": {"size": size}}  # noqa: S108
    secrets = {"type": "bind", "source": MOUNTED.folder, "target": MOUNTED.path, "readonly": True}
    mounts = [
        *([tmp] if task.fn.read_only_root_filesystem else []),
        *([secrets] if task.fn.secrets else []),
    ]
    return {"mount": mounts} if mounts else {}


DRIVER = Driver(
    name="docker",
    parts=_parts,
    annotations=("docker.", *PULL_ANNOTATIONS),
    runs_images=True,
    has_bridge=True,
    has_resolver=True,
    has_cpu_quota=True,
    has_read_only_root=True,
    secrets=MOUNTED,
)
