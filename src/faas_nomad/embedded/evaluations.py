"""The record of an evaluation, with what could not be placed and why. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from faas_nomad.embedded.constraints import Misfit, NodeFacts
from faas_nomad.embedded.group_plan import GroupPlan
from faas_nomad.embedded.placing import Trigger
from faas_nomad.embedded.records import Evaluation, Job

BLOCKED_TEXT = "created to place remaining allocations"


def pending_evaluation(job: Job, trigger: Trigger) -> Evaluation:
    """Return the record as it is before the work."""
    return Evaluation(
        id=trigger.eval_id,
        namespace=job["Namespace"],
        job_id=job["ID"],
        triggered_by=trigger.kind,
        status="pending",
        time_ns=trigger.now_ns,
        priority=job["Priority"],
        job_modify_index=job["JobModifyIndex"],
    )


def done_evaluation(
    pending: Evaluation, plans: Mapping[str, GroupPlan], failed: Mapping[str, Any]
) -> Evaluation:
    """Return the record after the work; `failed` has the metrics of groups not placed."""
    queued = {n: len(plan.place) if n in failed else 0 for n, plan in plans.items() if n}
    return replace(pending, status="complete", failed=failed, queued=queued)


def blocked_evaluation(done: Evaluation, eval_id: str) -> Evaluation:
    """Return the evaluation that waits for a node that fits."""
    return replace(
        done,
        id=eval_id,
        status="blocked",
        description=BLOCKED_TEXT,
        triggered_by="queued-allocs",
        previous_id=done.id,
        create_index=0,
    )


def placement_metrics(reason: Misfit, node: NodeFacts) -> dict[str, Any]:
    """Return what Nomad says of a group that it could not place."""
    seen = 1 if reason.constraint else 0
    return {
        "ConstraintFiltered": {reason.constraint: 1} if seen else None,
        "DimensionExhausted": None,
        "NodePool": node.pool,
        "NodesAvailable": {node.datacenter: 1} if seen else {},
        "NodesEvaluated": seen,
        "NodesExhausted": 0,
        "NodesFiltered": seen,
        "NodesInPool": seen,
    }
