"""How a deployment moves on: verdicts, promotion, success, failure and revert. Pure.

Source: nomad `nomad/deploymentwatcher/deployment_watcher.go` and `structs` (v1.11), and the
traces of a real agent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from faas_nomad.embedded.changes import is_same_spec
from faas_nomad.embedded.records import (
    CANCELLED,
    FAILED,
    SUCCESSFUL,
    Alloc,
    Deployment,
    GroupRollout,
    Health,
    Job,
)

CANCELLED_NEWER = "Cancelled due to newer version of job"
CANCELLED_STOPPED = "Cancelled because job is stopped"
COMPLETED = "Deployment completed successfully"
FAILED_DEADLINE = "Failed due to progress deadline"
FAILED_ALLOCS = "Failed due to unhealthy allocations"
FAILED_BY_USER = "Deployment marked as failed"
RUNNING_TEXT = "Deployment is running"
RUNNING_AUTO_PROMOTE = "Deployment is running pending automatic promotion"
RUNNING_PROMOTE = "Deployment is running but requires manual promotion"


def running_text(groups: Mapping[str, GroupRollout]) -> str:
    """Return the description of a deployment that is under way."""
    waiting = [g for g in groups.values() if g.is_canarying]
    if not waiting:
        return RUNNING_TEXT
    return RUNNING_AUTO_PROMOTE if all(g.auto_promote for g in waiting) else RUNNING_PROMOTE


def with_placed(group: GroupRollout, allocs: Sequence[Alloc], now_ns: int) -> GroupRollout:
    """Count instances that were placed, or taken over in place; the first starts the clock."""
    canaries = tuple(a.id for a in allocs if a.is_canary)
    started = group.require_progress_by_ns or (
        now_ns + group.progress_deadline_ns if allocs and group.progress_deadline_ns else 0
    )
    return replace(
        group,
        placed=group.placed + len(allocs),
        placed_canaries=group.placed_canaries + canaries,
        require_progress_by_ns=started,
    )


def with_verdict(deployment: Deployment, alloc: Alloc, healthy: bool, now_ns: int) -> Deployment:
    """Count an allocation's verdict; a healthy one moves the progress deadline."""
    group = deployment.groups[alloc.group]
    if healthy:
        by_ns = now_ns + group.progress_deadline_ns if group.progress_deadline_ns else 0
        group = replace(group, healthy=group.healthy + 1, require_progress_by_ns=by_ns)
    else:
        group = replace(group, unhealthy=group.unhealthy + 1)
    return replace(deployment, groups={**deployment.groups, alloc.group: group})


def should_promote(deployment: Deployment, allocs: Iterable[Alloc]) -> bool:
    """Tell whether every canary is healthy and the job asks for promotion by itself."""
    waiting = [g for g in deployment.groups.values() if g.is_canarying]
    if not waiting or not deployment.is_active or not all(g.auto_promote for g in waiting):
        return False
    return are_canaries_healthy(deployment, allocs)


def are_canaries_healthy(deployment: Deployment, allocs: Iterable[Alloc]) -> bool:
    """Tell whether each group has as many healthy canaries as it wants."""
    healthy = [a for a in allocs if a.id in _canaries(deployment) and _is_healthy(a)]
    return all(
        sum(a.group == name for a in healthy) >= group.desired_canaries
        for name, group in deployment.groups.items()
    )


def promoted(deployment: Deployment, now_ns: int) -> Deployment:
    """Return the deployment with its canaries taken over."""
    groups = {
        name: replace(g, promoted=True, require_progress_by_ns=now_ns + g.progress_deadline_ns)
        if g.desired_canaries
        else g
        for name, g in deployment.groups.items()
    }
    return replace(deployment, groups=groups, description=RUNNING_TEXT)


def promoted_alloc(alloc: Alloc) -> Alloc:
    """Return a canary as an ordinary instance."""
    health = alloc.health or Health(None, canary=True)
    return replace(alloc, health=replace(health, canary=False))


def is_complete(deployment: Deployment) -> bool:
    """Tell whether every instance that it is to bring is there and healthy."""
    return deployment.is_active and all(
        g.healthy >= max(g.desired_total, g.desired_canaries)
        and (g.promoted or not g.desired_canaries)
        for g in deployment.groups.values()
    )


def is_overdue(deployment: Deployment, now_ns: int) -> bool:
    """Tell whether a group has made no progress in its time."""
    return deployment.is_active and any(
        0 < g.require_progress_by_ns <= now_ns and g.healthy < _wanted_now(g)
        for g in deployment.groups.values()
    )


def next_deadline_ns(deployment: Deployment) -> int | None:
    """Return the time at which the deployment may become overdue."""
    times = [g.require_progress_by_ns for g in deployment.groups.values()]
    return min((t for t in times if t), default=None) if deployment.is_active else None


def succeeded(deployment: Deployment) -> Deployment:
    """Return the deployment as ended well."""
    return replace(deployment, status=SUCCESSFUL, description=COMPLETED)


def cancelled(deployment: Deployment, why: str) -> Deployment:
    """Return the deployment as ended by something newer."""
    return replace(deployment, status=CANCELLED, description=why)


def failed(
    deployment: Deployment, why: str, versions: Sequence[Job]
) -> tuple[Deployment, Job | None]:
    """Return the deployment as given up, and the older version to go back to, if any."""
    target = None
    if any(g.auto_revert for g in deployment.groups.values()):
        stable = next((v for v in versions[1:] if v["Stable"]), None)
        if stable is None:
            why = f"{why} - no stable job version to auto revert to"
        elif is_same_spec(stable, versions[0]):
            why = (
                f"{why} - not rolling back to stable job version {stable['Version']} "
                "as current job has same specification"
            )
        else:
            target = stable
            why = f"{why} - rolling back to job version {stable['Version']}"
    return replace(deployment, status=FAILED, description=why), target


def _wanted_now(group: GroupRollout) -> int:
    return group.desired_canaries if group.is_canarying else group.desired_total


def _canaries(deployment: Deployment) -> set[str]:
    return {canary for g in deployment.groups.values() for canary in g.placed_canaries}


def _is_healthy(alloc: Alloc) -> bool:
    return alloc.health is not None and alloc.health.healthy is True
