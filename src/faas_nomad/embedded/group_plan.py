"""The steps for one task group, and the situation that they are planned from. Pure data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faas_nomad.embedded.records import FAILED, Alloc, Deployment, GroupRollout, Job

NOT_NEEDED = "alloc not needed due to job update"
UPDATED = "alloc is being updated due to job update"


@dataclass(frozen=True, slots=True)
class Placement:
    """A new instance; it replaces `previous` when that is given, for the reason `why`."""

    name: str
    group: str
    job: Job
    canary: bool = False
    previous: Alloc | None = None
    why: str = ""
    is_reschedule: bool = False


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """The steps for one group; `rollout` is the deployment's view of it once they are done."""

    stop: tuple[Alloc, ...] = ()
    in_place: tuple[Alloc, ...] = ()
    place: tuple[Placement, ...] = ()
    rollout: GroupRollout | None = None
    starts_deployment: bool = False
    next_look_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What a plan is made from: the group as wanted, what there is, and the time."""

    job: Job
    group: dict[str, Any]
    allocs: tuple[Alloc, ...]
    deployment: Deployment | None
    fits: Callable[[Job], bool]
    now_ns: int

    @property
    def count(self) -> int:
        """The instances wanted; none of a stopped job."""
        return 0 if self.job["Stop"] else int(self.group["Count"])

    @property
    def rollout(self) -> GroupRollout | None:
        """The deployment's view of the group so far."""
        return self.deployment.groups.get(self.group["Name"]) if self.deployment else None

    @property
    def has_failed(self) -> bool:
        """Whether the deployment of this version was given up."""
        return self.deployment is not None and self.deployment.status == FAILED

    @property
    def names_prefix(self) -> str:
        """What the names of the group's instances begin with."""
        return f"{self.job['ID']}.{self.group['Name']}"
