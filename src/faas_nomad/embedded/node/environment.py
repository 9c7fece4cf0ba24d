"""A task's environment. Pure.

Source: nomad `client/taskenv/env.go`, and the environment of a raw_exec task under v1.11.1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from faas_nomad.embedded.alloc_names import name_index
from faas_nomad.embedded.constraints import NodeFacts
from faas_nomad.embedded.interpolation import interpolated
from faas_nomad.embedded.records import Alloc, Port, group_of

INHERITED = ("PATH", "HOME", "LANG", "TZ")
"""What a task gets of the stand-in's own environment; a real agent passes nearly all of it on."""


@dataclass(frozen=True, slots=True)
class TaskPaths:
    """The folders of a task, as absolute paths."""

    alloc: str
    task: str
    local: str
    secrets: str


def task_environment(
    alloc: Alloc,
    task: Mapping[str, Any],
    node: NodeFacts,
    paths: TaskPaths,
    inherited: Mapping[str, str],
) -> dict[str, str]:
    """Return all variables of the task; its own `Env` wins over Nomad's."""
    given = dict(_nomad_variables(alloc, task, node, paths))
    known = {**node.attributes, **given}
    own = {key: interpolated(value, known) for key, value in (task["Env"] or {}).items()}
    base = {name: inherited[name] for name in INHERITED if name in inherited}
    return {**base, **given, **own}


def interpolation_values(
    environment: Mapping[str, str], node: NodeFacts, meta: Mapping[str, str]
) -> dict[str, str]:
    """Return what `${…}` in a driver's configuration may name."""
    named = {f"env.{key}": value for key, value in environment.items()}
    metas = {f"meta.{key}": value for key, value in meta.items()}
    return {**node.attributes, **metas, **named, **environment}


def task_meta(alloc: Alloc, task: Mapping[str, Any]) -> dict[str, str]:
    """Return the meta of job, group and task, the nearer one winning."""
    group = group_of(alloc.job, alloc.group) or {}
    merged: dict[str, str] = {}
    for part in (alloc.job, group, task):
        merged |= part.get("Meta") or {}
    return merged


def _nomad_variables(
    alloc: Alloc, task: Mapping[str, Any], node: NodeFacts, paths: TaskPaths
) -> Iterator[tuple[str, str]]:
    yield "NOMAD_ALLOC_DIR", paths.alloc
    yield "NOMAD_TASK_DIR", paths.local
    yield "NOMAD_SECRETS_DIR", paths.secrets
    yield "NOMAD_ALLOC_ID", alloc.id
    yield "NOMAD_SHORT_ALLOC_ID", alloc.id[:8]
    yield "NOMAD_ALLOC_NAME", alloc.name
    yield "NOMAD_ALLOC_INDEX", str(name_index(alloc.name))
    yield "NOMAD_JOB_ID", alloc.job_id
    yield "NOMAD_JOB_NAME", str(alloc.job["Name"])
    yield "NOMAD_GROUP_NAME", alloc.group
    yield "NOMAD_TASK_NAME", str(task["Name"])
    yield "NOMAD_NAMESPACE", alloc.namespace
    yield "NOMAD_REGION", "global"
    yield "NOMAD_DC", node.datacenter
    yield "NOMAD_CPU_LIMIT", str(task["Resources"]["CPU"])
    yield "NOMAD_MEMORY_LIMIT", str(task["Resources"]["MemoryMB"])
    for port in alloc.ports:
        yield from _port_variables(port, node.address)
    for key, value in task_meta(alloc, task).items():
        yield f"NOMAD_META_{key}", value
        yield f"NOMAD_META_{key.upper()}", value


def _port_variables(port: Port, address: str) -> Iterator[tuple[str, str]]:
    inside, outside = str(port.to or port.value), str(port.value)
    yield f"NOMAD_PORT_{port.label}", inside
    yield f"NOMAD_ALLOC_PORT_{port.label}", inside
    yield f"NOMAD_HOST_PORT_{port.label}", outside
    for prefix in ("NOMAD_IP", "NOMAD_HOST_IP"):
        yield f"{prefix}_{port.label}", address
    for prefix in ("NOMAD_ADDR", "NOMAD_HOST_ADDR"):
        yield f"{prefix}_{port.label}", f"{address}:{outside}"
