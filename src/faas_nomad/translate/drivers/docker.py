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
    labels,
    listing,
    mapping,
    options,
    plain,
    pull_settings,
    words,
)
from faas_nomad.translate.resources import is_cpu_limited

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
    policy = task.policy
    return TaskParts(
        {
            **pull_settings(task),
            **_network(task.network_mode),
            **({"cap_drop": list(policy.cap_drop)} if policy.cap_drop else {}),
            **({"pids_limit": policy.pids_limit} if policy.pids_limit else {}),
            **(
                {"cpu_hard_limit": True}
                if policy.cpu_hard_limit and is_cpu_limited(task.fn)
                else {}
            ),
            **(_read_only(policy.tmp_size_mb) if task.fn.read_only_root_filesystem else {}),
            "labels": labels(task),
            **options("docker.", OPTIONS, task.written, policy.container_options),
        }
    )


def _network(mode: str) -> dict[str, Any]:
    return {"network_mode": "host"} if mode == "host" else {"ports": ["http"]}


def _read_only(tmp_size_mb: int) -> dict[str, Any]:
    tmp = {"type": "tmpfs", "target": "/tmp", "tmpfs_options": {"size": tmp_size_mb * MIB}}  # noqa: S108
    return {"readonly_rootfs": True, "mount": [tmp]}


DRIVER = Driver(
    name="docker",
    parts=_parts,
    annotations=("docker.", *PULL_ANNOTATIONS),
    runs_images=True,
    has_bridge=True,
    has_cpu_quota=True,
    has_read_only_root=True,
)
