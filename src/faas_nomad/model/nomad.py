"""What Nomad's HTTP API answers, as far as this project reads it; spelled as the API spells it.

Source: nomad `api/jobs.go`, `api/allocations.go`, `api/event_stream.go` (v1.11). Durations are
integer nanoseconds. Keys are optional where Nomad leaves them out or sends null. `clients.shapes`
holds what is answered to these types, so that nothing else gets further than there.
"""

from typing import Annotated, Any, NewType, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads no other one before Python 3.12

JobID = NewType("JobID", str)
AllocID = NewType("AllocID", str)

Whole = Annotated[int, Field(ge=0, lt=2**63)]
Index = Whole
"""Of Raft."""
Count = Annotated[int, Field(ge=0, lt=2**31)]
Meta = dict[str, str] | None

Job = dict[str, Any]
"""A whole job, in the spelling of `POST /v1/jobs`; built by `translate.jobs` only."""


class GroupScaling(TypedDict):
    """A group's scaling policy, which Nomad keeps and does not read."""

    Policy: NotRequired[dict[str, Any] | None]


class TaskGroup(TypedDict):
    """A group of a whole job."""

    Count: NotRequired[Count | None]
    Scaling: NotRequired[GroupScaling | None]


class ReadJob(TypedDict):
    """A whole job, as far as one that was answered is read; a `Job` that has been checked."""

    ID: str
    Namespace: str
    Version: Index
    JobModifyIndex: Index
    Meta: NotRequired[Meta]
    Stop: NotRequired[bool | None]
    TaskGroups: Annotated[list[TaskGroup], Field(min_length=1)]


class JobVersions(TypedDict):
    """The versions of a job that Nomad keeps."""

    Versions: list[ReadJob] | None


class JobStub(TypedDict):
    """One job of `GET /v1/jobs?meta=true`."""

    ID: str
    Namespace: str
    Meta: Meta
    Stop: bool
    Status: NotRequired[str]
    Version: NotRequired[Index]
    JobModifyIndex: Index
    ModifyIndex: NotRequired[Index]


class StatusesJob(TypedDict):
    """One job of `GET /v1/jobs/statuses`: the counts that the stub lacks (Nomad 1.8 and later)."""

    ID: str
    Namespace: str
    GroupCountSum: Count
    Version: Index
    Stop: NotRequired[bool]
    LatestDeployment: "DeploymentStub | None"


class DeploymentStub(TypedDict):
    """A deployment as far as routing asks: which job version, and how it stands."""

    ID: str
    JobVersion: Index
    Status: str
    StatusDescription: str
    IsActive: NotRequired[bool]
    JobID: NotRequired[str]
    Namespace: NotRequired[str]
    ModifyIndex: NotRequired[Index]


class TaskEvent(TypedDict):
    """What happened to a task; its words may be anybody's."""

    Type: NotRequired[str]
    DisplayMessage: NotRequired[str | None]
    ExitCode: NotRequired[int]
    Details: NotRequired[dict[str, str] | None]


class TaskState(TypedDict):
    """A task of an allocation: `State` is pending, running or dead."""

    State: str
    Failed: bool
    Restarts: NotRequired[Count]
    FinishedAt: NotRequired[str | None]
    Events: NotRequired[list[TaskEvent] | None]


class AllocDeploymentStatus(TypedDict):
    """Nomad's one-time verdict on an allocation within its deployment; `Healthy` may be null."""

    Healthy: NotRequired[bool | None]
    Canary: NotRequired[bool]


class PlacedPort(TypedDict):
    """A port of an allocation on its node; `To` is the one in a network of its own."""

    Label: str
    Value: Annotated[int, Field(ge=0, lt=2**16)]
    To: NotRequired[Annotated[int, Field(ge=-1, lt=2**16)]]
    HostIP: str


class SharedResources(TypedDict):
    """What an allocation's tasks have together."""

    Ports: NotRequired[list[PlacedPort] | None]


class AllocatedResources(TypedDict):
    """What an allocation was given."""

    Shared: NotRequired[SharedResources | None]


class Allocation(TypedDict):
    """An allocation of `GET /v1/allocations?resources=true` or of an Allocation event."""

    ID: str
    Namespace: str
    JobID: str
    JobVersion: NotRequired[Index]
    DeploymentID: NotRequired[str]
    NodeID: NotRequired[str]
    NodeName: NotRequired[str]
    TaskGroup: NotRequired[str]
    ClientStatus: str
    DesiredStatus: str
    DeploymentStatus: NotRequired[AllocDeploymentStatus | None]
    TaskStates: NotRequired[dict[str, TaskState] | None]
    AllocatedResources: NotRequired[AllocatedResources | None]
    CreateIndex: NotRequired[Index]
    ModifyIndex: Index
    CreateTime: NotRequired[Whole]
    ModifyTime: NotRequired[Whole]


class Event(TypedDict):
    """One event of the stream; `Payload` has one key, the topic's name."""

    Topic: str
    Type: str
    Key: NotRequired[str]
    Namespace: str
    FilterKeys: NotRequired[list[str] | None]
    Index: Index
    Payload: dict[str, Any]


class RegisterReply(TypedDict):
    """The answer to a job's registration or deregistration."""

    EvalID: str
    JobModifyIndex: Index
    Warnings: NotRequired[str]
