"""What Nomad's HTTP API answers, as far as this project reads it; spelled as the API spells it.

Source: nomad `api/jobs.go`, `api/allocations.go`, `api/event_stream.go` (v1.11). Durations are
integer nanoseconds. Keys are optional where Nomad leaves them out or sends null.
"""

from typing import Any, NewType, NotRequired, TypedDict

JobID = NewType("JobID", str)
AllocID = NewType("AllocID", str)

Job = dict[str, Any]
"""A whole job, in the spelling of `POST /v1/jobs`; built by `translate.jobs` only."""


class JobStub(TypedDict):
    """One job of `GET /v1/jobs?meta=true`."""

    ID: str
    Namespace: str
    Meta: dict[str, str] | None
    Stop: bool
    Status: str
    Version: int
    JobModifyIndex: int
    ModifyIndex: int


class StatusesJob(TypedDict):
    """One job of `GET /v1/jobs/statuses`: the counts that the stub lacks (Nomad 1.8 and later)."""

    ID: str
    Namespace: str
    GroupCountSum: int
    Version: int
    Stop: bool
    LatestDeployment: "DeploymentStub | None"


class DeploymentStub(TypedDict):
    """A deployment as far as routing asks: which job version, and how it stands."""

    ID: str
    JobVersion: int
    Status: str
    StatusDescription: str
    IsActive: NotRequired[bool]
    JobID: NotRequired[str]
    Namespace: NotRequired[str]
    ModifyIndex: NotRequired[int]


class TaskState(TypedDict):
    """A task of an allocation: `State` is pending, running or dead."""

    State: str
    Failed: bool
    Restarts: NotRequired[int]
    Events: NotRequired[list[dict[str, Any]] | None]


class AllocDeploymentStatus(TypedDict):
    """Nomad's one-time verdict on an allocation within its deployment; `Healthy` may be null."""

    Healthy: bool | None
    Canary: bool


class Allocation(TypedDict):
    """An allocation of `GET /v1/allocations?resources=true` or of an Allocation event."""

    ID: str
    Namespace: str
    JobID: str
    JobVersion: NotRequired[int]
    DeploymentID: NotRequired[str]
    NodeID: str
    NodeName: NotRequired[str]
    TaskGroup: str
    ClientStatus: str
    DesiredStatus: str
    DeploymentStatus: NotRequired[AllocDeploymentStatus | None]
    TaskStates: NotRequired[dict[str, TaskState] | None]
    AllocatedResources: NotRequired[dict[str, Any] | None]
    CreateIndex: int
    ModifyIndex: int
    CreateTime: NotRequired[int]
    ModifyTime: NotRequired[int]


class Event(TypedDict):
    """One event of the stream; `Payload` has one key, the topic's name."""

    Topic: str
    Type: str
    Key: str
    Namespace: str
    FilterKeys: list[str] | None
    Index: int
    Payload: dict[str, Any]


class RegisterReply(TypedDict):
    """The answer to a job's registration or deregistration."""

    EvalID: str
    JobModifyIndex: int
    Warnings: NotRequired[str]
