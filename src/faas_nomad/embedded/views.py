"""Jobs, deployments and evaluations as the API answers them. Pure.

Source: the answers of nomad v1.11.1; keys that this project does not read are left out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from faas_nomad.embedded.clock import nullable_time
from faas_nomad.embedded.records import (
    COMPLETE,
    FAILED,
    PENDING,
    RUNNING,
    Alloc,
    Deployment,
    Evaluation,
    Job,
)

_NO_CHILDREN = {"Dead": 0, "Pending": 0, "Running": 0}


def job_stub(job: Job, allocs: Iterable[Alloc], *, with_meta: bool) -> dict[str, Any]:
    """Return one job of `GET /v1/jobs`."""
    plain = (
        "CreateIndex", "Datacenters", "ID", "JobModifyIndex", "ModifyIndex", "Multiregion",
        "Name", "Namespace", "NodePool", "ParentID", "Priority", "Status", "StatusDescription",
        "Stop", "SubmitTime", "Type",
    )  # fmt: skip
    stub = {name: job[name] for name in plain}
    stub |= {"JobSummary": job_summary(job, allocs), "ParameterizedJob": False, "Periodic": False}
    return {**stub, "Meta": job["Meta"]} if with_meta else stub


def job_summary(job: Job, allocs: Iterable[Alloc]) -> dict[str, Any]:
    """Return `GET /v1/job/:id/summary`: how many instances are in which state."""
    counts: dict[str, Counter[str]] = {g["Name"]: Counter() for g in job["TaskGroups"]}
    modified = job["ModifyIndex"]
    for alloc in allocs:
        counts.setdefault(alloc.group, Counter())[alloc.client] += 1
        modified = max(modified, alloc.modify_index)
    groups = {g["Name"]: g for g in job["TaskGroups"]}
    return {
        "Children": _NO_CHILDREN,
        "CreateIndex": job["CreateIndex"],
        "JobID": job["ID"],
        "ModifyIndex": modified,
        "Namespace": job["Namespace"],
        "Summary": {n: _group_summary(job, groups.get(n), c) for n, c in counts.items()},
    }


def _group_summary(
    job: Job, group: Mapping[str, Any] | None, counts: Mapping[str, int]
) -> dict[str, int]:
    wanted = 0 if job["Stop"] or group is None else group["Count"]
    present = counts.get(PENDING, 0) + counts.get(RUNNING, 0) + counts.get(FAILED, 0)
    return {
        "Complete": counts.get(COMPLETE, 0),
        "Failed": counts.get(FAILED, 0),
        "Lost": 0,
        "Queued": max(0, wanted - present) if job["Status"] == PENDING else 0,
        "Running": counts.get(RUNNING, 0),
        "Starting": counts.get(PENDING, 0),
        "Unknown": 0,
    }


def job_status(job: Job, allocs: Iterable[Alloc], deployment: Deployment | None) -> dict[str, Any]:
    """Return one job of `GET /v1/jobs/statuses`."""
    plain = (
        "Datacenters", "ID", "ModifyIndex", "Name", "Namespace", "NodePool", "ParentID",
        "Priority", "Status", "Stop", "SubmitTime", "Type", "Version",
    )  # fmt: skip
    return {
        **{name: job[name] for name in plain},
        "Allocs": [_alloc_status(a) for a in allocs],
        "ChildStatuses": None,
        "GroupCountSum": sum(g["Count"] for g in job["TaskGroups"]),
        "IsPack": False,
        "LatestDeployment": _latest_deployment(deployment) if deployment else None,
    }


def _alloc_status(alloc: Alloc) -> dict[str, Any]:
    health = alloc.health
    verdict = {"Canary": health.canary, "Healthy": health.healthy} if health else None
    return {
        "ClientStatus": alloc.client,
        "DeploymentStatus": verdict or {"Canary": False, "Healthy": None},
        "FollowupEvalID": "",
        "Group": alloc.group,
        "HasPausedTask": False,
        "ID": alloc.id,
        "JobVersion": alloc.version,
        "NodeID": alloc.node_id,
    }


def _latest_deployment(deployment: Deployment) -> dict[str, Any]:
    waiting = [g for g in deployment.groups.values() if g.is_canarying]
    return {
        "AllAutoPromote": bool(waiting) and all(g.auto_promote for g in waiting),
        "ID": deployment.id,
        "IsActive": deployment.is_active,
        "JobVersion": deployment.version,
        "RequiresPromotion": bool(waiting),
        "Status": deployment.status,
        "StatusDescription": deployment.description,
    }


def deployment_view(deployment: Deployment) -> dict[str, Any]:
    """Return a deployment as its own endpoint and the event stream give it."""
    job = deployment.job
    return {
        "CreateIndex": deployment.create_index,
        "CreateTime": deployment.create_time_ns,
        "EvalPriority": job["Priority"],
        "ID": deployment.id,
        "IsMultiregion": False,
        "JobCreateIndex": job["CreateIndex"],
        "JobID": job["ID"],
        "JobModifyIndex": job["JobModifyIndex"],
        "JobSpecModifyIndex": job["JobModifyIndex"],
        "JobVersion": deployment.version,
        "ModifyIndex": deployment.modify_index,
        "ModifyTime": 0,
        "Namespace": job["Namespace"],
        "Status": deployment.status,
        "StatusDescription": deployment.description,
        "TaskGroups": {
            name: {
                "AutoPromote": g.auto_promote,
                "AutoRevert": g.auto_revert,
                "DesiredCanaries": g.desired_canaries,
                "DesiredTotal": g.desired_total,
                "HealthyAllocs": g.healthy,
                "PlacedAllocs": g.placed,
                "PlacedCanaries": list(g.placed_canaries) or None,
                "ProgressDeadline": g.progress_deadline_ns,
                "Promoted": g.promoted,
                "RequireProgressBy": nullable_time(g.require_progress_by_ns),
                "UnhealthyAllocs": g.unhealthy,
            }
            for name, g in deployment.groups.items()
        },
    }


def evaluation_view(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation; what is empty is left out, as Nomad does."""
    whole = {
        "BlockedEval": evaluation.blocked_id,
        "CreateIndex": evaluation.create_index,
        "CreateTime": evaluation.time_ns,
        "DeploymentID": evaluation.deployment_id,
        "FailedTGAllocs": dict(evaluation.failed),
        "ID": evaluation.id,
        "JobID": evaluation.job_id,
        "JobModifyIndex": evaluation.job_modify_index,
        "ModifyIndex": evaluation.modify_index,
        "ModifyTime": evaluation.time_ns,
        "Namespace": evaluation.namespace,
        "PreviousEval": evaluation.previous_id,
        "Priority": evaluation.priority,
        "QueuedAllocations": dict(evaluation.queued),
        "Status": evaluation.status,
        "StatusDescription": evaluation.description,
        "TriggeredBy": evaluation.triggered_by,
        "Type": "service",
    }
    return {name: value for name, value in whole.items() if value or name == "Priority"}
