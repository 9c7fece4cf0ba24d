"""Small builders of what Nomad sends, for tests of the parts that read it."""

from typing import Any

from faas_nomad.model.nomad import Allocation, Event, JobStub, StatusesJob
from faas_nomad.state.region.snapshots import Snapshot

NAMESPACE = "default"


def job_stub(name: str = "a", *, index: int = 10, stop: bool = False, **meta: str) -> JobStub:
    """Return a stub of the function `name`."""
    return {
        "ID": f"openfaas-{name}",
        "Namespace": NAMESPACE,
        "Meta": {"service": name, **meta},
        "Stop": stop,
        "Status": "running",
        "Version": 0,
        "JobModifyIndex": index,
        "ModifyIndex": index,
    }


def statuses_job(name: str = "a", *, count: int = 1, version: int = 0) -> StatusesJob:
    """Return the counts of the function `name`."""
    return {
        "ID": f"openfaas-{name}",
        "Namespace": NAMESPACE,
        "GroupCountSum": count,
        "Version": version,
        "Stop": False,
        "LatestDeployment": None,
    }


def whole_job(
    name: str = "a", *, count: int = 1, version: int = 0, index: int = 10, stop: bool = False
) -> dict[str, Any]:
    """Return a job as Job events carry it."""
    return {
        "ID": f"openfaas-{name}",
        "Namespace": NAMESPACE,
        "Meta": {"service": name},
        "Stop": stop,
        "Version": version,
        "JobModifyIndex": index,
        "TaskGroups": [{"Name": "fn", "Count": count}],
    }


def allocation(
    id_: str,
    name: str = "a",
    *,
    status: str = "running",
    desired: str = "run",
    healthy: bool | None = None,
    canary: bool = False,
    index: int = 20,
    version: int | None = None,
    port: int = 20000,
    deployment: str = "",
) -> Allocation:
    """Return an allocation; with `version` as list replies have it, without as events do."""
    found: Allocation = {
        "ID": id_,
        "Namespace": NAMESPACE,
        "JobID": f"openfaas-{name}",
        "DeploymentID": deployment,
        "NodeID": "node",
        "TaskGroup": "fn",
        "ClientStatus": status,
        "DesiredStatus": desired,
        "DeploymentStatus": {"Healthy": healthy, "Canary": canary},
        "AllocatedResources": {
            "Shared": {"Ports": [{"Label": "http", "Value": port, "To": 0, "HostIP": "10.0.0.1"}]}
        },
        "CreateIndex": index,
        "ModifyIndex": index,
    }
    if version is not None:
        found["JobVersion"] = version
    return found


def snapshot_of_a(*, index: int = 10, count: int = 1) -> Snapshot:
    """Return a snapshot with the function a and one replica of it, x."""
    live = [allocation("x", version=0, index=index)]
    return Snapshot(index, [job_stub(index=index)], [statuses_job(count=count)], live)


def event(topic: str, kind: str, payload: Any, *, index: int, key: str = "") -> Event:
    """Return one event of the stream."""
    return {
        "Topic": topic,
        "Type": kind,
        "Key": key,
        "Namespace": NAMESPACE,
        "FilterKeys": None,
        "Index": index,
        "Payload": {topic: payload},
    }


def job_event(job: dict[str, Any], *, index: int, kind: str = "JobRegistered") -> Event:
    """Return a Job event."""
    return event("Job", kind, job, index=index, key=job["ID"])


def alloc_event(alloc: Allocation, kind: str = "AllocationUpdated") -> Event:
    """Return an Allocation event at the allocation's own index."""
    return event("Allocation", kind, alloc, index=alloc["ModifyIndex"], key=alloc["ID"])
