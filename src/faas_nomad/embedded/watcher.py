"""What follows from reports and from time: promotion, failure, revert, another look. Pure.

The counterpart of Nomad's deployment watcher.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from faas_nomad.embedded import reports, rollout
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.placing import Sources, Trigger
from faas_nomad.embedded.planner import Planner
from faas_nomad.embedded.policies import allows_reschedule
from faas_nomad.embedded.records import FAILED, RUN, Alloc, Deployment, Health, Job, JobKey
from faas_nomad.embedded.reports import Report
from faas_nomad.embedded.store import Store, Transaction


class Watcher:
    """Takes the node's reports and the clock, and moves deployments on."""

    def __init__(self, store: Store, planner: Planner, sources: Sources) -> None:
        self._store = store
        self._planner = planner
        self._sources = sources

    def take_reports(self, batch: Sequence[Report], now_ns: int) -> None:
        """Take over what the node says, in one write, and do what follows from it."""
        succeeded: dict[JobKey, str] = {}
        failed: dict[JobKey, str] = {}
        with self._store.transaction("AllocationUpdated") as tx:
            for report in batch:
                alloc = self._store.allocs.get(report.alloc_id)
                moved = self._applied(tx, alloc, report, now_ns) if alloc else None
                if alloc and moved and moved is not alloc:
                    self._sort(alloc, tx.put_alloc(moved, by_server=False), succeeded, failed)
        for key, deployment_id in failed.items():
            self._after_failure(key, deployment_id, now_ns)
        for key, deployment_id in succeeded.items():
            self._after_success(key, deployment_id, now_ns)

    def fail(self, deployment_id: str, now_ns: int) -> dict[str, Any]:
        """Carry out `PUT /v1/deployment/fail/:id`. Raises: ApiError."""
        deployment = self._active(deployment_id, "fail")
        return self._reply(self._give_up(deployment, rollout.FAILED_BY_USER, now_ns))

    def promote(self, deployment_id: str, now_ns: int) -> dict[str, Any]:
        """Carry out `PUT /v1/deployment/promote/:id`. Raises: ApiError."""
        deployment = self._active(deployment_id, "promote")
        allocs = self._store.allocs_of.get(deployment.key, {}).values()
        if not rollout.are_canaries_healthy(deployment, allocs):
            raise ApiError(500, "Task group has unhealthy canaries, so it cannot be promoted")
        self._promote(deployment, now_ns)
        return self._reply(None)

    def tick(self, now_ns: int) -> None:
        """Do what is due by time: deployments without progress, failed instances to replace."""
        for key in self._planner.deadlines.take_due(now_ns):
            deployment = self._store.latest_deployment(key)
            if deployment and rollout.is_overdue(deployment, now_ns):
                self._give_up(deployment, rollout.FAILED_DEADLINE, now_ns)
            else:
                self._planner.revisit(key, self._trigger("alloc-failure", now_ns))

    def _applied(self, tx: Transaction, alloc: Alloc, report: Report, now_ns: int) -> Alloc:
        """Return the allocation as reported; a verdict is counted in its deployment."""
        moved = alloc
        if report.states is not None and report.states != alloc.task_states:
            moved = reports.with_task_states(alloc, report.states, now_ns)
        deployment = self._store.deployments.get(alloc.deployment_id)
        healthy = reports.verdict_of(alloc, moved, report)
        if healthy is None or deployment is None:
            return moved
        tx.put_deployment(rollout.with_verdict(deployment, alloc, healthy, now_ns))
        health = Health(healthy, alloc.is_canary, now_ns, tx.index)
        return replace(moved, health=health, modify_time_ns=now_ns)

    def _sort(
        self,
        before: Alloc,
        after: Alloc,
        succeeded: dict[JobKey, str],
        failed: dict[JobKey, str],
    ) -> None:
        """Note whose job has to be looked at, and why."""
        verdict = after.health.healthy if after.health and after.health != before.health else None
        ended = after.client == FAILED and before.client != FAILED and after.desired == RUN
        if verdict is False or ended:
            failed[after.key] = after.deployment_id
        elif verdict:
            succeeded[after.key] = after.deployment_id

    def _after_success(self, key: JobKey, deployment_id: str, now_ns: int) -> None:
        deployment = self._store.deployments.get(deployment_id)
        allocs = self._store.allocs_of.get(key, {}).values()
        if deployment and rollout.should_promote(deployment, allocs):
            self._promote(deployment, now_ns)
        else:
            self._evaluate(key, "deployment-watcher", now_ns)

    def _after_failure(self, key: JobKey, deployment_id: str, now_ns: int) -> None:
        deployment = self._store.deployments.get(deployment_id)
        if deployment and deployment.is_active and _is_hopeless(deployment):
            self._give_up(deployment, rollout.FAILED_ALLOCS, now_ns)
        else:
            self._evaluate(key, "alloc-failure", now_ns)

    def _promote(self, deployment: Deployment, now_ns: int) -> None:
        with self._store.transaction("DeploymentPromotion") as tx:
            tx.put_deployment(rollout.promoted(deployment, now_ns))
            for alloc in list(self._store.allocs_of.get(deployment.key, {}).values()):
                if alloc.is_canary and alloc.deployment_id == deployment.id:
                    tx.put_alloc(rollout.promoted_alloc(alloc))
        self._evaluate(deployment.key, "deployment-watcher", now_ns)

    def _give_up(self, deployment: Deployment, why: str, now_ns: int) -> Job | None:
        """Fail a deployment; return the version that the job goes back to, if any."""
        versions = self._store.versions[deployment.key]
        ended, target = rollout.failed(deployment, why, versions)
        with self._store.transaction("DeploymentStatusUpdate") as tx:
            tx.put_deployment(ended)
            if target:
                number = versions[0]["Version"] + 1
                again = {**target, "Version": number, "Stop": False, "SubmitTime": now_ns}
                tx.put_version({**again, "Stable": True, "Status": versions[0]["Status"]})
        self._evaluate(deployment.key, "deployment-watcher", now_ns)
        return target

    def _evaluate(self, key: JobKey, kind: str, now_ns: int) -> None:
        job = self._store.job(key)
        if job:
            self._planner.evaluate(job, self._trigger(kind, now_ns))

    def _trigger(self, kind: str, now_ns: int) -> Trigger:
        return Trigger(kind, self._sources.new_id(), now_ns)

    def _active(self, deployment_id: str, verb: str) -> Deployment:
        deployment = self._store.deployments.get(deployment_id)
        if deployment is None:
            raise ApiError(500, "deployment not found")
        if not deployment.is_active:
            raise ApiError(500, f"can't {verb} terminal deployment")
        return deployment

    def _reply(self, reverted: Job | None) -> dict[str, Any]:
        return {
            "DeploymentModifyIndex": self._store.index,
            "EvalCreateIndex": self._store.index,
            "EvalID": self._sources.new_id(),
            "Index": self._store.index,
            "RevertedJobVersion": reverted["Version"] if reverted else None,
        }


def _is_hopeless(deployment: Deployment) -> bool:
    """Tell whether one failed instance is the end: it has no second try, or no time for one."""
    groups = deployment.job["TaskGroups"]
    return any(
        not allows_reschedule(g["ReschedulePolicy"]) or not g["Update"]["ProgressDeadline"]
        for g in groups
    )
