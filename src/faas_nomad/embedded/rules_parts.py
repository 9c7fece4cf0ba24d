"""Nomad's objections to the parts of a task group, as lists of texts. Pure.

Source: nomad `structs/structs.go` and the answers of v1.11.1.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from faas_nomad.embedded.defaults import SECOND_NS
from faas_nomad.embedded.durations import go_duration

MIN_MEMORY_MB = 10
_CHANGE_MODES = frozenset(("noop", "signal", "script", "restart"))
_SERVICE_NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
_CHECKSUM = re.compile(r"(md5|sha1|sha256|sha512):[0-9a-fA-F]+|file:.+")
Objections = Iterator[str]


def as_text(found: list[str]) -> str:
    """Return Nomad's one text for several objections."""
    noun = "error" if len(found) == 1 else "errors"
    lines = "".join(f"\t* {text}\n" for text in found)
    return f"{len(found)} {noun} occurred:\n{lines}\n"


def nested(prefix: str, rule: Callable[..., Objections], *args: Any) -> Objections:
    """Yield what `rule` finds as one objection under `prefix`."""
    found = list(rule(*args))
    if found:
        yield f"{prefix} validation failed: {as_text(found)}"


def restart_objections(policy: dict[str, Any]) -> Objections:
    """Yield what is wrong with a restart policy."""
    if policy["Mode"] not in ("delay", "fail"):
        yield f'Unsupported restart mode: "{policy["Mode"]}"'
        return
    if policy["Interval"] < 5 * SECOND_NS:
        yield f"Interval can not be less than 5s (got {go_duration(policy['Interval'])})"
    if policy["Attempts"] * policy["Delay"] > policy["Interval"]:
        interval, delay = go_duration(policy["Interval"]), go_duration(policy["Delay"])
        yield (
            f"Nomad can't restart the TaskGroup {policy['Attempts']} times in an interval of "
            f"{interval} with a delay of {delay}"
        )


def update_objections(update: dict[str, Any]) -> Objections:
    """Yield what is wrong with an update block."""
    if update["HealthCheck"] not in ("checks", "task_states", "manual"):
        yield f'Invalid health check given: "{update["HealthCheck"]}"'
    if update["AutoPromote"] and update["Canary"] <= 0:
        yield "Auto Promote requires a Canary count greater than zero"
    if update["MaxParallel"] == 0:
        return
    healthy, deadline = update["MinHealthyTime"], update["HealthyDeadline"]
    if healthy >= deadline:
        yield (
            "Minimum healthy time must be less than healthy deadline: "
            f"{go_duration(healthy)} > {go_duration(deadline)}"
        )
    if 0 < update["ProgressDeadline"] <= deadline:
        yield (
            "Healthy deadline must be less than progress deadline: "
            f"{go_duration(deadline)} > {go_duration(update['ProgressDeadline'])}"
        )


def ports_objections(networks: list[dict[str, Any]]) -> Objections:
    """Yield port labels used twice."""
    seen: set[str] = set()
    for network in networks:
        for port in (network.get("DynamicPorts") or []) + (network.get("ReservedPorts") or []):
            if port.get("Label") in seen:
                yield f"Port label {port['Label']} already in use by taskgroup network"
            seen.add(port.get("Label"))


def services_objections(services: list[dict[str, Any]]) -> Objections:
    """Yield what is wrong with the services and their checks."""
    for number, service in enumerate(services):
        yield from nested(f"Service[{number}] {service['Name']}", _service, service)


def _service(service: dict[str, Any]) -> Objections:
    plain = re.sub(r"\$\{[^}]*\}", "x", service["Name"])
    if not _SERVICE_NAME.fullmatch(plain):
        yield (
            "Service name must be valid per RFC 1123 and can contain only alphanumeric characters "
            f'or dashes and must be no longer than 63 characters: "{service["Name"]}"'
        )
    for check in service["Checks"] or []:
        yield from _check(check, service["Provider"])


def _check(check: dict[str, Any], provider: str) -> Objections:
    if provider == "nomad" and check.get("Type") not in ("http", "tcp"):
        yield f'invalid check type ("{check.get("Type")}"), must be one of tcp, http'
    for name in ("Interval", "Timeout"):
        if (check.get(name) or 0) < SECOND_NS:
            yield f"{name.lower()} ({go_duration(check.get(name) or 0)}) cannot be lower than 1s"


def scaling_objections(group: dict[str, Any]) -> Objections:
    """Yield a count outside the scaling block's bounds."""
    scaling = group["Scaling"]
    if not scaling:
        return
    low, high = scaling.get("Min") or 0, scaling.get("Max")
    if group["Count"] < low:
        yield (
            "Scaling policy invalid: task group count must not be less than minimum count in "
            "scaling policy"
        )
    if high is not None and group["Count"] > high:
        yield (
            "Scaling policy invalid: task group count must not be greater than maximum count in "
            "scaling policy"
        )


def task_objections(task: dict[str, Any], group: dict[str, Any]) -> Objections:
    """Yield what is wrong with a task."""
    yield from _basics(task)
    yield from _resources(task["Resources"])
    logs, disk_mb = task["LogConfig"], group["EphemeralDisk"]["SizeMB"]
    log_mb = logs["MaxFiles"] * logs["MaxFileSizeMB"]
    if not logs["Disabled"] and log_mb >= disk_mb:
        inner = f"log storage ({log_mb} MB) must be less than requested disk capacity "
        yield as_text([f"{inner}({disk_mb} MB)"])
    yield from _kill_timeout(task, group["Update"])
    for number, template in enumerate(task["Templates"] or [], 1):
        yield from nested(f"Template {number}", _template, template)
    for number, artifact in enumerate(task["Artifacts"] or [], 1):
        yield from nested(f"Artifact {number}", _artifact, artifact)


def _basics(task: dict[str, Any]) -> Objections:
    name = task.get("Name") or ""
    if not name:
        yield "Missing task name"
    if name in (".", "..", "alloc") or any(character in name for character in "/\\\0"):
        yield f'Task name "{name}" cannot be the name of a folder'
    if not task.get("Driver"):
        yield "Missing task driver"
    for block in ("Lifecycle", "Secrets"):
        if task.get(block):
            yield f"the stand-in runs no task with a {block} block"


def _kill_timeout(task: dict[str, Any], update: dict[str, Any]) -> Objections:
    deadline = update["ProgressDeadline"]
    if update["MaxParallel"] and 0 < deadline < task["KillTimeout"]:
        timeout = go_duration(task["KillTimeout"])
        yield f"KillTimout ({timeout}) longer than the group's ProgressDeadline " + (
            f"({go_duration(deadline)})"
        )


def _resources(resources: dict[str, Any]) -> Objections:
    low = []
    if not resources["Cores"] and resources["CPU"] < 1:
        low.append(f"minimum CPU value is 1; got {resources['CPU']}")
    if resources["MemoryMB"] < MIN_MEMORY_MB:
        low.append(f"minimum MemoryMB value is {MIN_MEMORY_MB}; got {resources['MemoryMB']}")
    if low:
        yield as_text([as_text(low)])


def _template(template: dict[str, Any]) -> Objections:
    if not template["SourcePath"] and not template["EmbeddedTmpl"]:
        yield "Must specify a source path or have an embedded template"
    if not template["DestPath"]:
        yield "Must specify a destination for the template"
    if ".." in template["DestPath"].split("/"):
        yield "destination escapes allocation directory"
    if template["ChangeMode"] not in _CHANGE_MODES:
        modes = "noop, signal, script, restart"
        yield f"Invalid change mode. Must be one of the following: {modes}"


def _artifact(artifact: dict[str, Any]) -> Objections:
    if not artifact.get("GetterSource"):
        yield "source must be specified"
    if ".." in (artifact.get("RelativeDest") or "").split("/"):
        yield "destination escapes allocation directory"
    checksum = (artifact.get("GetterOptions") or {}).get("checksum")
    if checksum is not None and not _CHECKSUM.fullmatch(checksum):
        yield f'checksum must be given as "type:value"; got "{checksum}"'
