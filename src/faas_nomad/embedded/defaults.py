"""The job as Nomad stores it: what a caller leaves out, filled in. Pure.

Source: nomad `api/jobs.go` `Canonicalize` and the answers of v1.11.1. The implicit constraints
and identities that a real server adds are left out.
"""

import copy
from collections.abc import Mapping
from typing import Any

from faas_nomad.embedded.records import Job

SECOND_NS = 1_000_000_000
_JOB: Mapping[str, Any] = {
    "Affinities": None, "AllAtOnce": False, "Constraints": None, "ConsulNamespace": "",
    "DispatchIdempotencyToken": "", "Dispatched": False, "Meta": None, "Multiregion": None,
    "NodePool": "default", "NomadTokenID": "", "ParameterizedJob": None, "ParentID": "",
    "Payload": None, "Periodic": None, "Priority": 50, "Region": "global", "Spreads": None,
    "StatusDescription": "", "Stop": False, "Type": "service", "UI": None, "VaultNamespace": "",
    "VersionTag": None,
}  # fmt: skip
_GROUP: Mapping[str, Any] = {
    "Affinities": None, "Constraints": None, "Consul": None, "Disconnect": None, "Meta": None,
    "Networks": None, "Scaling": None, "Services": None, "ShutdownDelay": None, "Spreads": None,
    "Volumes": None,
}  # fmt: skip
_TASK: Mapping[str, Any] = {
    "Affinities": None, "Artifacts": None, "Config": None, "Constraints": None, "Consul": None,
    "Env": None, "Identities": None, "Identity": None, "KillSignal": "",
    "KillTimeout": 5 * SECOND_NS, "Kind": "", "Leader": False, "Lifecycle": None, "Meta": None,
    "Secrets": None, "Services": None, "ShutdownDelay": 0, "Templates": None, "User": "",
    "Vault": None, "VolumeMounts": None,
}  # fmt: skip
_RESOURCES: Mapping[str, Any] = {
    "CPU": 100, "Cores": 0, "Devices": None, "DiskMB": 0, "IOPS": 0, "MemoryMB": 300,
    "MemoryMaxMB": 0, "NUMA": None, "Networks": None, "SecretsMB": 0,
}  # fmt: skip
_DISK: Mapping[str, Any] = {"Migrate": False, "SizeMB": 300, "Sticky": False}
_LOGS: Mapping[str, Any] = {"Disabled": False, "MaxFileSizeMB": 10, "MaxFiles": 10}
_RESTART: Mapping[str, Any] = {
    "Attempts": 2, "Delay": 15 * SECOND_NS, "Interval": 1800 * SECOND_NS, "Mode": "fail",
    "RenderTemplates": False,
}  # fmt: skip
_RESCHEDULE: Mapping[str, Any] = {
    "Attempts": 0, "Delay": 30 * SECOND_NS, "DelayFunction": "exponential", "Interval": 0,
    "MaxDelay": 3600 * SECOND_NS, "Unlimited": True,
}  # fmt: skip
_UPDATE: Mapping[str, Any] = {
    "AutoPromote": False, "AutoRevert": False, "Canary": 0, "HealthCheck": "checks",
    "HealthyDeadline": 300 * SECOND_NS, "MaxParallel": 1, "MinHealthyTime": 10 * SECOND_NS,
    "ProgressDeadline": 600 * SECOND_NS, "Stagger": 30 * SECOND_NS,
}  # fmt: skip
_MIGRATE: Mapping[str, Any] = {
    "HealthCheck": "checks", "HealthyDeadline": 300 * SECOND_NS, "MaxParallel": 1,
    "MinHealthyTime": 10 * SECOND_NS,
}  # fmt: skip
_SERVICE: Mapping[str, Any] = {
    "Address": "", "AddressMode": "auto", "CanaryMeta": None, "CanaryTags": None, "Checks": None,
    "Connect": None, "Meta": None, "PortLabel": "", "Provider": "consul", "Tags": None,
    "TaskName": "",
}  # fmt: skip
_CHECK: Mapping[str, Any] = {
    "Args": None, "Body": "", "CheckRestart": None, "Command": "", "Header": None, "Method": "",
    "Name": "", "OnUpdate": "require_healthy", "Path": "", "PortLabel": "", "Protocol": "",
    "TaskName": "",
}  # fmt: skip
_CHECK_RESTART: Mapping[str, Any] = {"Grace": SECOND_NS, "IgnoreWarnings": False, "Limit": 0}
_TEMPLATE: Mapping[str, Any] = {
    "ChangeMode": "restart", "ChangeSignal": "", "DestPath": "", "EmbeddedTmpl": "",
    "Envvars": False, "ErrMissingKey": False, "LeftDelim": "{{", "Once": False, "Perms": "0644",
    "RightDelim": "}}", "SourcePath": "", "Splay": 5 * SECOND_NS,
}  # fmt: skip
_SCALING: Mapping[str, Any] = {"Enabled": True, "Policy": None, "Type": "horizontal"}


def canonical_job(job: Mapping[str, Any], namespace: str) -> Job:
    """Return a full copy of a posted job; `namespace` stands in for one that it does not name."""
    own = copy.deepcopy(dict(job))
    filled = _filled(_JOB, own)
    filled["ID"] = own.get("ID") or ""
    filled["Name"] = own.get("Name") or filled["ID"]
    filled["Namespace"] = own.get("Namespace") or namespace
    filled["Datacenters"] = own.get("Datacenters") or ["*"]
    filled["TaskGroups"] = [_group(g, own.get("Update")) for g in own.get("TaskGroups") or []]
    return filled


def _group(group: dict[str, Any], job_update: dict[str, Any] | None) -> dict[str, Any]:
    filled = _filled(_GROUP, group)
    scaling = group.get("Scaling")
    filled["Scaling"] = _filled(_SCALING, scaling) if scaling else None
    if group.get("Count") is None:
        filled["Count"] = (scaling or {}).get("Min") or 1
    filled["EphemeralDisk"] = _filled(_DISK, group.get("EphemeralDisk"))
    filled["RestartPolicy"] = _filled(_RESTART, group.get("RestartPolicy"))
    filled["ReschedulePolicy"] = _filled(_RESCHEDULE, group.get("ReschedulePolicy"))
    filled["Update"] = _filled(_filled(_UPDATE, job_update), group.get("Update"))
    filled["Migrate"] = _filled(_MIGRATE, group.get("Migrate"))
    filled["Services"] = [_service(s, filled) for s in group.get("Services") or []] or None
    filled["Tasks"] = [_task(t, filled["RestartPolicy"]) for t in group.get("Tasks") or []]
    return filled


def _service(service: dict[str, Any], owner: dict[str, Any]) -> dict[str, Any]:
    filled = _filled(_SERVICE, service)
    filled["Name"] = service.get("Name") or str(owner.get("Name"))
    filled["Checks"] = [_check(check) for check in service.get("Checks") or []] or None
    return filled


def _check(check: dict[str, Any]) -> dict[str, Any]:
    filled = _filled(_CHECK, check)
    restart = check.get("CheckRestart")
    filled["CheckRestart"] = _filled(_CHECK_RESTART, restart) if restart else None
    return filled


def _task(task: dict[str, Any], group_restart: dict[str, Any]) -> dict[str, Any]:
    filled = _filled(_TASK, task)
    filled["LogConfig"] = _filled(_LOGS, task.get("LogConfig"))
    filled["Resources"] = _filled(_RESOURCES, task.get("Resources"))
    filled["RestartPolicy"] = _filled(group_restart, task.get("RestartPolicy"))
    filled["Services"] = [_service(s, task) for s in task.get("Services") or []] or None
    templates = [_filled(_TEMPLATE, t) for t in task.get("Templates") or []]
    filled["Templates"] = templates or None
    return filled


def _filled(defaults: Mapping[str, Any], own: Mapping[str, Any] | None) -> dict[str, Any]:
    given = {key: value for key, value in (own or {}).items() if value is not None}
    return {**copy.deepcopy(dict(defaults)), **given}
