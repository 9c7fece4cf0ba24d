"""When instances that have failed are replaced, and by what. Pure.

Source: nomad `scheduler/reconciler/reconcile_cluster.go` (v1.11).
"""

from faas_nomad.embedded.group_plan import Placement, Situation
from faas_nomad.embedded.policies import reschedule_time_ns
from faas_nomad.embedded.records import FAILED, Alloc


def due_reschedules(allocs: list[Alloc], at: Situation) -> tuple[list[Placement], int | None]:
    """Return what replaces those that have failed, and when the next will be due."""
    due, next_look_ns = [], None
    for alloc in allocs:
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
    is_canarying = at.rollout is not None and at.rollout.is_canarying
    job = alloc.job if is_canarying and not alloc.is_canary else at.job
    return Placement(
        alloc.name, alloc.group, job, canary=alloc.is_canary, previous=alloc, is_reschedule=True
    )
