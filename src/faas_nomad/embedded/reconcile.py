"""What has to happen to a task group's instances for its job to be as registered. Pure.

Source: nomad `scheduler/reconciler/reconcile_cluster.go` (v1.11) and the traces of a real agent;
for service jobs on one node that is never lost.
"""

from faas_nomad.embedded.alloc_names import free_names, name_index
from faas_nomad.embedded.changes import needs_new_instance
from faas_nomad.embedded.group_plan import UPDATED, GroupPlan, Placement, Situation
from faas_nomad.embedded.records import COMPLETE, RUN, Alloc, GroupRollout
from faas_nomad.embedded.reschedules import due_reschedules

UNLIMITED = 1 << 30


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
    is_canarying = rollout is not None and rollout.is_canarying
    if not at.count:
        return GroupPlan(stop=(*stale, *canaries, *surplus))
    due, next_look_ns = due_reschedules(kept + canaries, at)
    new_canaries = _canary_placements(canaries, destructive, rollout, at) if is_canarying else []
    missing = _missing(kept, at) if not is_canarying and not at.has_failed else []
    limit = 0 if is_canarying else _limit(at, rollout) - len(missing)
    settled = {id(p.previous) for p in due}
    updates = [a for a in destructive if id(a) not in settled]
    now = updates[: max(0, limit)]
    replaced = [Placement(a.name, a.group, at.job, previous=a, why=UPDATED) for a in now]
    return GroupPlan(
        stop=(*stale, *surplus),
        in_place=tuple(a for a in in_place if id(a) not in settled),
        place=(*due, *new_canaries, *missing, *replaced),
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


def _canary_placements(
    canaries: list[Alloc], destructive: list[Alloc], rollout: GroupRollout | None, at: Situation
) -> list[Placement]:
    if rollout is None or at.has_failed:
        return []
    wanted = rollout.desired_canaries - len(canaries)
    names = [a.name for a in destructive]
    taken = {a.name for a in canaries}
    further = free_names(at.names_prefix, taken | set(names), wanted)
    free = [name for name in names if name not in taken] + further
    return [
        Placement(name, at.group["Name"], at.job, canary=True) for name in free[: max(0, wanted)]
    ]


def _missing(kept: list[Alloc], at: Situation) -> list[Placement]:
    wanted = at.count - len(kept)
    names = free_names(at.names_prefix, (a.name for a in kept), wanted)
    return [Placement(name, at.group["Name"], at.job) for name in names]


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
