"""What is kept of each job and allocation, read from Nomad's own shapes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from faas_nomad.model.nomad import Allocation, AllocID, Job
from faas_nomad.model.openfaas import FunctionDeployment

PORT_LABEL = "http"
SIDECAR_LABEL = "connect-proxy-"
"""What Nomad calls the port of a sidecar, before its service's name (`envoy.PortLabel`)."""
UNKNOWN_VERSION = -1
MAX_HISTORY = 8
"""Nomad itself keeps six versions of a job."""


class JobKey(NamedTuple):
    """A job's identity: IDs are unique within a namespace of a region only."""

    namespace: str
    job_id: str
    region: str = ""
    """See `translate.regions`: "" is the own one."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A function's job. `version` is unknown from our own write until Nomad's event tells it."""

    key: JobKey
    fn: FunctionDeployment
    created_ns: int
    count: int
    version: int
    job_modify_index: int
    content: int = 0
    """Stands for the job's meta, and so for the deployment: equal ones run the same function."""
    is_checked_by_consul: bool = False
    """Its replicas get requests on Consul's word alone."""
    history: tuple[tuple[int, int], ...] = ()
    """Recent versions with their content, newest first: scaling makes versions too."""

    @property
    def current_versions(self) -> frozenset[int]:
        """The versions whose allocations run what is deployed now."""
        same = (version for version, content in self.history if content == self.content)
        return frozenset(same)


def history_with(
    version: int, content: int, earlier: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    """Return the history after `version` was met; an unknown version leaves it as it is."""
    if version == UNKNOWN_VERSION:
        return earlier
    kept = (entry for entry in earlier if entry[0] != version)
    return ((version, content), *kept)[:MAX_HISTORY]


@dataclass(frozen=True, slots=True)
class AllocationRecord:
    """One allocation with what routing needs; `port` is 0 until Nomad assigned one."""

    id: AllocID
    version: int
    """The job version it was placed for, or at a snapshot was updated to in place."""
    host: str
    port: int
    client_status: str
    desired_status: str
    canary: bool
    healthy: bool | None
    deployment_id: str
    modify_index: int
    has_run: bool = False
    """It was running at some time: if it is pending again, its task is between two runs."""
    node_id: str = ""
    mesh_service: str = ""
    """Its service in Consul's mesh, whose sidecar is at the address; "": in no mesh."""
    is_published: bool = False
    """It is in a network of its own, whose port its node passes on while it runs."""

    @property
    def alive(self) -> bool:
        """Whether its process may be up: not about to be stopped, nor between two runs.

        A pending one counts: Nomad's node tells of a started task up to 0.2 s late.
        """
        is_up = self.client_status == "running" or (
            self.client_status == "pending" and not self.has_run
        )
        return is_up and self.desired_status == "run" and self.port > 0


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """A job's latest deployment: which version it brings and how it stands."""

    id: str
    job_version: int
    status: str
    description: str
    told_at: int = field(default=0, compare=False)
    """The Raft index at which it was so."""

    @property
    def has_succeeded(self) -> bool:
        """Whether no version before its own can come back any more."""
        return self.status == "successful"


def allocation_key(alloc: Allocation, region: str = "") -> JobKey:
    """Return the job that `alloc`, of `region`, belongs to."""
    return JobKey(alloc["Namespace"], alloc["JobID"], region)


def allocation_record(
    alloc: Allocation, version: int, known: AllocationRecord | None = None
) -> AllocationRecord:
    """Return what is kept of `alloc`; its own version wins where Nomad gives it.

    List replies carry `JobVersion`, events do not (nomad `structs/alloc.go Stub`).
    """
    verdict: Mapping[str, Any] = alloc.get("DeploymentStatus") or {}
    way = _way_to(alloc.get("AllocatedResources") or {})
    return AllocationRecord(
        id=AllocID(alloc["ID"]),
        version=alloc.get("JobVersion", version),
        host=way.host,
        port=way.port,
        client_status=alloc["ClientStatus"],
        desired_status=alloc["DesiredStatus"],
        canary=bool(verdict.get("Canary")),
        healthy=verdict.get("Healthy"),
        deployment_id=str(alloc.get("DeploymentID") or ""),
        modify_index=alloc["ModifyIndex"],
        has_run=alloc["ClientStatus"] == "running" or (known is not None and known.has_run),
        node_id=str(alloc.get("NodeID") or ""),
        mesh_service=way.mesh_service,
        is_published=way.is_published,
    )


def job_count(job: Job) -> int:
    """Return the desired number of allocations of a whole job, 0 when it is stopped."""
    if job.get("Stop"):
        return 0
    return sum(int(group.get("Count") or 0) for group in job.get("TaskGroups") or [])


class _Way(NamedTuple):
    """How a replica is called."""

    host: str = ""
    port: int = 0
    mesh_service: str = ""
    is_published: bool = False


def _way_to(resources: Mapping[str, Any]) -> _Way:
    """Return host and port to call, and the mesh's service when a sidecar is there."""
    shared = resources.get("Shared") or {}
    ports = {str(port["Label"]): port for port in shared.get("Ports") or []}
    sidecar = next((label for label in ports if label.startswith(SIDECAR_LABEL)), "")
    port = ports.get(sidecar or PORT_LABEL)
    if port is None:
        return _Way()
    service, is_published = sidecar.removeprefix(SIDECAR_LABEL), int(port.get("To") or 0) > 0
    return _Way(str(port["HostIP"]), int(port["Value"]), service, is_published)
