"""The rows of the stand-in's tables. Pure: frozen values, replaced and never changed.

Names and states are Nomad's (nomad `structs/structs.go`, v1.11); times are Unix nanoseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Job = dict[str, Any]
"""A canonical job in the API's spelling; treated as immutable once stored."""
JobKey = tuple[str, str]
"""Namespace and job ID."""

RUN, STOP = "run", "stop"
PENDING, RUNNING, COMPLETE, FAILED, DEAD = "pending", "running", "complete", "failed", "dead"
SUCCESSFUL, CANCELLED = "successful", "cancelled"
MAX_TASK_EVENTS = 10
"""Nomad keeps this many events per task."""


def job_key(job: Job) -> JobKey:
    """Return the key of `job` in the job table."""
    return job["Namespace"], job["ID"]


def group_of(job: Job, name: str) -> dict[str, Any] | None:
    """Return the job's task group of that name."""
    return next((g for g in job["TaskGroups"] if g["Name"] == name), None)


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One line of a task's history; `details` has the extra fields of its kind."""

    kind: str
    message: str
    time_ns: int
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task as the node reports it: `state` is pending, running or dead."""

    state: str = PENDING
    failed: bool = False
    restarts: int = 0
    started_ns: int = 0
    finished_ns: int = 0
    last_restart_ns: int = 0
    events: tuple[TaskEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """The one-time verdict on an allocation within its deployment."""

    healthy: bool | None
    canary: bool
    time_ns: int = 0
    modify_index: int = 0


@dataclass(frozen=True, slots=True)
class Port:
    """A port of an allocation; `to` is the port inside a container, 0 for none."""

    label: str
    value: int
    to: int = 0


@dataclass(frozen=True, slots=True)
class Alloc:
    """An instance of a task group: what the server wants of it and what the node says."""

    id: str
    name: str
    group: str
    job: Job
    eval_id: str
    node_id: str
    ports: tuple[Port, ...]
    create_time_ns: int
    modify_time_ns: int
    deployment_id: str = ""
    desired: str = RUN
    desired_description: str = ""
    client: str = PENDING
    client_description: str = ""
    health: Health | None = None
    task_states: Mapping[str, TaskState] | None = None
    previous_id: str = ""
    next_id: str = ""
    reschedule_times_ns: tuple[int, ...] = ()
    failed_ns: int = 0
    create_index: int = 0
    modify_index: int = 0
    alloc_modify_index: int = 0

    @property
    def key(self) -> JobKey:
        """The key of its job."""
        return job_key(self.job)

    @property
    def job_id(self) -> str:
        """The ID of its job."""
        return str(self.job["ID"])

    @property
    def namespace(self) -> str:
        """The namespace of its job."""
        return str(self.job["Namespace"])

    @property
    def version(self) -> int:
        """The job version it runs."""
        return int(self.job["Version"])

    @property
    def is_canary(self) -> bool:
        """Whether it is a canary that was not promoted."""
        return self.health is not None and self.health.canary

    @property
    def has_ended(self) -> bool:
        """Whether the node is done with it."""
        return self.client in (COMPLETE, FAILED)

    @property
    def is_terminal(self) -> bool:
        """Whether it counts for nothing any more: unwanted, or ended."""
        return self.desired == STOP or self.has_ended


@dataclass(frozen=True, slots=True)
class GroupRollout:
    """How far a deployment is with one task group."""

    auto_promote: bool
    auto_revert: bool
    progress_deadline_ns: int
    desired_total: int
    desired_canaries: int = 0
    promoted: bool = False
    placed: int = 0
    placed_canaries: tuple[str, ...] = ()
    healthy: int = 0
    unhealthy: int = 0
    require_progress_by_ns: int = 0

    @property
    def is_canarying(self) -> bool:
        """Whether canaries are wanted that are not promoted yet."""
        return self.desired_canaries > 0 and not self.promoted


@dataclass(frozen=True, slots=True)
class Deployment:
    """The rollout of one job version."""

    id: str
    job: Job
    create_time_ns: int
    groups: Mapping[str, GroupRollout]
    status: str = RUNNING
    description: str = "Deployment is running"
    create_index: int = 0
    modify_index: int = 0

    @property
    def key(self) -> JobKey:
        """The key of its job."""
        return job_key(self.job)

    @property
    def version(self) -> int:
        """The job version that it rolls out."""
        return int(self.job["Version"])

    @property
    def is_active(self) -> bool:
        """Whether it is still under way."""
        return self.status == RUNNING


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Why the job was looked at, and what could not be placed (`failed`, by group)."""

    id: str
    namespace: str
    job_id: str
    triggered_by: str
    status: str
    time_ns: int
    priority: int = 50
    job_modify_index: int = 0
    deployment_id: str = ""
    description: str = ""
    blocked_id: str = ""
    previous_id: str = ""
    failed: Mapping[str, Any] = field(default_factory=dict)
    queued: Mapping[str, int] = field(default_factory=dict)
    create_index: int = 0
    modify_index: int = 0

    @property
    def key(self) -> JobKey:
        """The key of its job."""
        return self.namespace, self.job_id


@dataclass(frozen=True, slots=True)
class Event:
    """A change as the event stream tells it; `row` is the value after the change."""

    topic: str
    kind: str
    key: str
    namespace: str
    filter_keys: tuple[str, ...]
    index: int
    row: Any
