"""What has to happen to a task group's instances for its job to be as registered. Pure.

Source: nomad `scheduler/reconciler/reconcile_cluster.go` (v1.11) and the traces of a real agent;
for service jobs on one node that is never lost.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from faas_nomad.embedded.changes import needs_new_instance
from faas_nomad.embedded.policies import reschedule_time_ns
from faas_nomad.embedded.records import (
    COMPLETE,
    FAILED,
    RUN,
    Alloc,
    Deployment,
    GroupRollout,
    Job,
)

NOT_NEEDED = "alloc not needed due to job update"
UNLIMITED = 1 << 30
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
    destructive_left: int = 0
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


def plan_group(at: Situation) -> GroupPlan:
    """Return the steps to take now."""
    present = [a for a in at.allocs if a.desired == RUN and a.client != COMPLETE]
    canaries = [a for a in present if _is_current_canary(a, at)]
    others = [a for a in present if not a.is_canary]
    stale = [a for a in present if a.is_canary and a not in canaries]
    surplus = _surplus(others, at)
    kept = [a for a in others if a not in surplus]
    in_place, destructive = _split_by_change(kept, at)
    rollout, starts = _rollout(at, in_place, destructive)
    is_canarying = bool(rollout and rollout.desired_canaries and not rollout.promoted)
    if not at.count:
        return GroupPlan(stop=(*stale, *canaries, *surplus))
    due, next_look_ns = _due_reschedules(kept + canaries, at)
    new_canaries = _canary_placements(canaries, destructive, rollout, at) if is_canarying else []
    missing = _missing(kept, at) if not is_canarying and not at.has_failed else []
    limit = 0 if is_canarying else _limit(at, rollout) - len(missing)
    settled = {id(p.previous) for p in due}
    updates = [a for a in destructive if id(a) not in settled]
    now, later = _first(updates, limit)
    replaced = [Placement(a.name, a.group, at.job, previous=a, why=UPDATED) for a in now]
    return GroupPlan(
        stop=(*stale, *surplus),
        in_place=tuple(a for a in in_place if id(a) not in settled),
        place=(*due, *new_canaries, *missing, *replaced),
        destructive_left=len(later),
        rollout=rollout,
        starts_deployment=starts,
        next_look_ns=next_look_ns,
    )


def _is_current_canary(alloc: Alloc, at: Situation) -> bool:
    deployment = at.deployment
    return (
        alloc.is_canary
        and deployment is not None
        and deployment.is_active
        and alloc.deployment_id == deployment.id
    )


def _surplus(others: list[Alloc], at: Situation) -> list[Alloc]:
    """Pick what is too many: the twins of promoted canaries first, then the highest names."""
    excess = len(others) - at.count
    if excess <= 0:
        return []
    new_names = {a.name for a in others if a.version == at.job["Version"]}

    def order(alloc: Alloc) -> tuple[bool, bool, int]:
        is_new = alloc.version == at.job["Version"]
        return is_new, is_new or alloc.name not in new_names, -name_index(alloc.name)

    return sorted(others, key=order)[:excess]


def _split_by_change(kept: list[Alloc], at: Situation) -> tuple[list[Alloc], list[Alloc]]:
    in_place: list[Alloc] = []
    destructive: list[Alloc] = []
    for alloc in kept:
        if alloc.job["JobModifyIndex"] == at.job["JobModifyIndex"]:
            continue
        changed = needs_new_instance(alloc.job, at.job, at.group["Name"])
        (destructive if changed or not at.fits(at.job) else in_place).append(alloc)
    return in_place, sorted(destructive, key=lambda a: name_index(a.name))


def _rollout(
    at: Situation, in_place: list[Alloc], destructive: list[Alloc]
) -> tuple[GroupRollout | None, bool]:
    """Return the group's part in the deployment, and whether that has to be created."""
    update = at.group["Update"]
    if at.deployment is not None or not update["MaxParallel"] or not at.count:
        return at.rollout, False
    had_instances = any(a.version == at.job["Version"] for a in at.allocs)
    if had_instances and not in_place and not destructive:
        return None, False
    rollout = GroupRollout(
        auto_promote=update["AutoPromote"],
        auto_revert=update["AutoRevert"],
        progress_deadline_ns=update["ProgressDeadline"],
        desired_total=at.count,
        desired_canaries=update["Canary"] if destructive else 0,
    )
    return rollout, True


def _due_reschedules(
    failed_or_not: list[Alloc], at: Situation
) -> tuple[list[Placement], int | None]:
    due, next_look_ns = [], None
    for alloc in failed_or_not:
        time_ns = _reschedule_time_ns(alloc, at)
        if time_ns is None:
            continue
        if time_ns <= at.now_ns:
            due.append(_reschedule(alloc, at))
        else:
            next_look_ns = min(next_look_ns or time_ns, time_ns)
    return due, next_look_ns


def _reschedule_time_ns(alloc: Alloc, at: Situation) -> int | None:
    is_given_up = at.has_failed and at.deployment and alloc.deployment_id == at.deployment.id
    if alloc.client != FAILED or is_given_up:
        return None
    policy = at.group["ReschedulePolicy"]
    return reschedule_time_ns(policy, alloc.reschedule_times_ns, alloc.failed_ns)


def _reschedule(alloc: Alloc, at: Situation) -> Placement:
    """Replace a failed instance; while canaries are tried an old one stays of its version."""
    rollout = at.rollout
    is_canarying = bool(rollout and rollout.desired_canaries and not rollout.promoted)
    job = alloc.job if is_canarying and not alloc.is_canary else at.job
    return Placement(
        alloc.name, alloc.group, job, canary=alloc.is_canary, previous=alloc, is_reschedule=True
    )


def _canary_placements(
    canaries: list[Alloc], destructive: list[Alloc], rollout: GroupRollout | None, at: Situation
) -> list[Placement]:
    if rollout is None or at.has_failed:
        return []
    wanted = rollout.desired_canaries - len(canaries)
    names = [a.name for a in destructive]
    taken = {a.name for a in canaries}
    free = [n for n in names if n not in taken] + _free_names(taken | set(names), at, wanted)
    return [
        Placement(name, at.group["Name"], at.job, canary=True) for name in free[: max(0, wanted)]
    ]


def _missing(kept: list[Alloc], at: Situation) -> list[Placement]:
    wanted = at.count - len(kept)
    names = _free_names({a.name for a in kept}, at, wanted)
    return [Placement(name, at.group["Name"], at.job) for name in names]


def _free_names(taken: Iterable[str], at: Situation, count: int) -> list[str]:
    used = {name_index(name) for name in taken}
    free: list[str] = []
    index = 0
    while len(free) < count:
        if index not in used:
            free.append(f"{at.job['ID']}.{at.group['Name']}[{index}]")
        index += 1
    return free


def _limit(at: Situation, rollout: GroupRollout | None) -> int:
    """Return how many instances may be replaced now."""
    parallel = int(at.group["Update"]["MaxParallel"])
    if not parallel:
        return UNLIMITED
    if at.has_failed:
        return 0
    if rollout is None or at.deployment is None:
        return parallel
    own = [a for a in at.allocs if a.deployment_id == at.deployment.id and a.desired == RUN]
    verdicts = [a.health.healthy if a.health else None for a in own]
    if False in verdicts:
        return 0
    return parallel - verdicts.count(None)


def _first(items: list[Alloc], limit: int) -> tuple[list[Alloc], list[Alloc]]:
    taken = max(0, limit)
    return items[:taken], items[taken:]


def name_index(name: str) -> int:
    """Return the number in an allocation's name, `job.group[N]`."""
    return int(name[name.rindex("[") + 1 : -1])
