"""What a newer version of a job means for the instances of an older one. Pure.

Source: nomad `scheduler/util.go` `tasksUpdated`, held against the plans of v1.11.1: a changed
`KillSignal`, affinity or check is done in place, a changed disk size or service provider is not.
"""

from collections.abc import Mapping
from typing import Any

from faas_nomad.embedded.records import Job, group_of

_SERVER_FIELDS = frozenset((
    "CreateIndex", "JobModifyIndex", "ModifyIndex", "Stable", "Status", "StatusDescription",
    "SubmitTime", "Version", "VersionTag",
))  # fmt: skip
_GROUP_FIELDS = ("Consul", "EphemeralDisk", "Meta", "Networks", "Volumes")
_TASK_FIELDS = (
    "Name", "Driver", "User", "Config", "Env", "Meta", "Artifacts", "Templates", "Resources",
    "Vault", "Consul", "Secrets", "Identity", "Identities", "VolumeMounts", "Kind",
)  # fmt: skip


def is_same_spec(old: Job, new: Job) -> bool:
    """Tell whether registering `new` over `old` changes nothing, so makes no new version."""
    return _spec(old) == _spec(new)


def needs_new_instance(old: Job, new: Job, group_name: str) -> bool:
    """Tell whether an instance of `old` must be replaced to become one of `new`."""
    before, after = group_of(old, group_name), group_of(new, group_name)
    if before is None or after is None:
        return True
    if (old.get("Meta") or {}) != (new.get("Meta") or {}):
        return True
    if _providers(before) and _providers(after) and _providers(before) != _providers(after):
        return True
    return _restarting_parts(before) != _restarting_parts(after)


def _spec(job: Job) -> dict[str, Any]:
    return {key: value for key, value in job.items() if key not in _SERVER_FIELDS}


def _providers(group: Mapping[str, Any]) -> set[str]:
    return {service["Provider"] for service in group.get("Services") or []}


def _restarting_parts(group: Mapping[str, Any]) -> list[Any]:
    parts = [group.get(name) or None for name in _GROUP_FIELDS]
    for task in group["Tasks"]:
        parts.append([task.get(name) or None for name in _TASK_FIELDS])
        parts.append(task["LogConfig"]["Disabled"])
    return parts
