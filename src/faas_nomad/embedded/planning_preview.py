"""What registering a job would do: the answer of `POST /v1/job/:id/plan`. Pure.

The counts and the placement failure; without the diff of the job's text.
"""

from typing import Any

from faas_nomad.embedded.constraints import NodeFacts, misfit
from faas_nomad.embedded.evaluations import placement_metrics
from faas_nomad.embedded.group_plan import UPDATED, GroupPlan, Situation
from faas_nomad.embedded.reconcile import plan_group
from faas_nomad.embedded.records import Job, job_key
from faas_nomad.embedded.store import Store


def preview(store: Store, node: NodeFacts, job: Job) -> dict[str, Any]:
    """Return counts by group, and the metrics of groups that could not be placed."""
    present = store.job(job_key(job))
    index = present["JobModifyIndex"] if present else 0
    version = present["Version"] + 1 if present else 0
    wanted = {**job, "Version": version, "JobModifyIndex": -1}
    allocs = tuple(store.allocs_of.get(job_key(job), {}).values())
    updates, failed = {}, {}
    for group in job["TaskGroups"]:
        name = group["Name"]
        own = tuple(a for a in allocs if a.group == name)

        def fits(one: Job, name: str = name) -> bool:
            return misfit(node, one, name) is None

        plan = plan_group(Situation(wanted, group, own, None, fits, 0))
        updates[name] = _counts(plan)
        reason = misfit(node, wanted, name) if plan.place else None
        if reason:
            failed[name] = placement_metrics(reason, node)
    return {
        "Annotations": {"DesiredTGUpdates": updates, "PreemptedAllocs": None},
        "CreatedEvals": None,
        "Diff": None,
        "FailedTGAllocs": failed or None,
        "JobModifyIndex": index,
        "NextPeriodicLaunch": None,
        "Warnings": "",
    }


def _counts(plan: GroupPlan) -> dict[str, int]:
    replaced = sum(p.why == UPDATED for p in plan.place)
    canaries = sum(p.canary for p in plan.place)
    return {
        "Canary": canaries,
        "DestructiveUpdate": replaced,
        "InPlaceUpdate": len(plan.in_place),
        "Place": len(plan.place) - replaced - canaries,
        "Stop": len(plan.stop),
    }
