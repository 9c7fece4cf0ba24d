"""Allocations as the API answers them: stub, whole, and in events. Pure.

An event's allocation has neither `Job` nor `JobVersion` (seen with nomad v1.11.1), and its empty
fields are left out; a list's stub has the version and all fields.
"""

from typing import Any

from faas_nomad.embedded.clock import go_time, nullable_time
from faas_nomad.embedded.constraints import NodeFacts
from faas_nomad.embedded.records import Alloc, Health, Port, TaskEvent, TaskState, group_of

_EVENT_TEXTS = (
    "DownloadError", "DriverError", "DriverMessage", "FailedSibling", "GenericSource",
    "KillError", "KillReason", "RestartReason", "SetupError", "TaskSignal", "TaskSignalReason",
    "ValidationError", "VaultError",
)  # fmt: skip
_EVENT_NUMBERS = ("DiskLimit", "ExitCode", "KillTimeout", "Signal", "StartDelay")
_KEPT_WHEN_EMPTY = frozenset(("ClientStatus", "DesiredStatus", "ID"))


def alloc_stub(
    alloc: Alloc, node: NodeFacts, *, with_resources: bool = False, with_states: bool = True
) -> dict[str, Any]:
    """Return one allocation of a list."""
    stub = {
        **_common(alloc, node),
        "DesiredTransition": {},
        "FollowupEvalID": "",
        "JobType": alloc.job["Type"],
        "JobVersion": alloc.version,
        "PreemptedAllocations": None,
        "PreemptedByAllocation": "",
        "RescheduleTracker": _reschedules(alloc),
        "TaskStates": _task_states(alloc) if with_states else None,
    }
    return {**stub, "AllocatedResources": _resources(alloc, node)} if with_resources else stub


def alloc_whole(alloc: Alloc, node: NodeFacts) -> dict[str, Any]:
    """Return `GET /v1/allocation/:id`: the event's view with the job."""
    return {**alloc_in_event(alloc, node), "Job": alloc.job}


def alloc_in_event(alloc: Alloc, node: NodeFacts) -> dict[str, Any]:
    """Return the allocation as the event stream has it."""
    whole = {
        **_common(alloc, node),
        "AllocModifyIndex": alloc.alloc_modify_index,
        "AllocatedResources": _resources(alloc, node),
        "DeploymentID": alloc.deployment_id,
        "PreviousAllocation": alloc.previous_id,
        "RescheduleTracker": _reschedules(alloc),
        "TaskStates": _task_states(alloc),
    }
    return {name: value for name, value in whole.items() if value or name in _KEPT_WHEN_EMPTY}


def _common(alloc: Alloc, node: NodeFacts) -> dict[str, Any]:
    return {
        "ClientDescription": alloc.client_description,
        "ClientStatus": alloc.client,
        "CreateIndex": alloc.create_index,
        "CreateTime": alloc.create_time_ns,
        "DeploymentStatus": _health(alloc.health) if alloc.health else None,
        "DesiredDescription": alloc.desired_description,
        "DesiredStatus": alloc.desired,
        "EvalID": alloc.eval_id,
        "ID": alloc.id,
        "JobID": alloc.job_id,
        "ModifyIndex": alloc.modify_index,
        "ModifyTime": alloc.modify_time_ns,
        "Name": alloc.name,
        "Namespace": alloc.namespace,
        "NextAllocation": alloc.next_id,
        "NodeID": alloc.node_id,
        "NodeName": node.name,
        "TaskGroup": alloc.group,
    }


def _health(health: Health) -> dict[str, Any]:
    return {
        "Canary": health.canary,
        "Healthy": health.healthy,
        "ModifyIndex": health.modify_index,
        "Timestamp": go_time(health.time_ns) if health.time_ns else "0001-01-01T00:00:00Z",
    }


def _reschedules(alloc: Alloc) -> dict[str, Any] | None:
    if not alloc.reschedule_times_ns:
        return None
    events = [{"RescheduleTime": time_ns, "Delay": 0} for time_ns in alloc.reschedule_times_ns]
    return {"Events": events}


def _resources(alloc: Alloc, node: NodeFacts) -> dict[str, Any]:
    ports = [_port(port) for port in alloc.ports]
    group = group_of(alloc.job, alloc.group) or {"Tasks": [], "EphemeralDisk": {"SizeMB": 0}}
    network = {"DynamicPorts": ports, "IP": node.address}
    return {
        "Shared": {
            "DiskMB": group["EphemeralDisk"]["SizeMB"],
            "Networks": [network] if ports else None,
            "Ports": [{"HostIP": node.address, **port} for port in ports] or None,
        },
        "TaskLifecycles": {task["Name"]: None for task in group["Tasks"]},
        "Tasks": {task["Name"]: _task_resources(task["Resources"]) for task in group["Tasks"]},
    }


def _port(port: Port) -> dict[str, Any]:
    plain = {"Label": port.label, "Value": port.value}
    return {**plain, "To": port.to} if port.to else plain


def _task_resources(resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "Cpu": {"CpuShares": resources["CPU"], "ReservedCores": None},
        "Devices": None,
        "Memory": {"MemoryMB": resources["MemoryMB"], "MemoryMaxMB": resources["MemoryMaxMB"]},
        "Networks": None,
    }


def _task_states(alloc: Alloc) -> dict[str, Any] | None:
    if alloc.task_states is None:
        return None
    return {name: _task_state(state) for name, state in alloc.task_states.items()}


def _task_state(state: TaskState) -> dict[str, Any]:
    return {
        "Events": [_task_event(event) for event in state.events],
        "Failed": state.failed,
        "FinishedAt": nullable_time(state.finished_ns),
        "LastRestart": nullable_time(state.last_restart_ns),
        "Paused": "",
        "Restarts": state.restarts,
        "StartedAt": nullable_time(state.started_ns),
        "State": state.state,
    }


def _task_event(event: TaskEvent) -> dict[str, Any]:
    return {
        **dict.fromkeys(_EVENT_TEXTS, ""),
        **dict.fromkeys(_EVENT_NUMBERS, 0),
        "Details": {},
        "DisplayMessage": event.message,
        "FailsTask": False,
        "Message": event.message,
        "Time": event.time_ns,
        "Type": event.kind,
        **event.details,
    }
