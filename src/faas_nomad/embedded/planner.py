"""Bringing a job to what is registered: plans are made, written and followed up. Pure.

The counterpart of a Nomad evaluation and of its deployment watcher's successes.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from faas_nomad.embedded import rollout
from faas_nomad.embedded.constraints import Misfit, misfit
from faas_nomad.embedded.deadlines import Deadlines
from faas_nomad.embedded.evaluations import (
    blocked_evaluation,
    done_evaluation,
    pending_evaluation,
    placement_metrics,
)
from faas_nomad.embedded.group_plan import GroupPlan, Situation
from faas_nomad.embedded.placing import Placer, Trigger
from faas_nomad.embedded.reconcile import plan_group
from faas_nomad.embedded.records import (
    DEAD,
    FAILED,
    PENDING,
    RUN,
    RUNNING,
    Alloc,
    Deployment,
    Job,
    JobKey,
    job_key,
)
from faas_nomad.embedded.store import Store, Transaction

Plans = Mapping[str, GroupPlan]
Misfits = Mapping[str, Misfit]


class Planner:
    """Makes and writes the plans for the jobs of one store."""

    def __init__(self, store: Store, placer: Placer) -> None:
        self._store = store
        self._placer = placer
        self.deadlines = Deadlines()

    def evaluate(self, job: Job, trigger: Trigger) -> None:
        """Do what the job needs now, and record it under the trigger's evaluation."""
        key = job_key(job)
        plans = self._plans(job, trigger.now_ns)
        misfits = self._misfits(plans)
        self._watch(key, plans)
        with self._store.transaction("PlanResult") as tx:
            if _has_work(plans) or self._obsolete(job):
                self._write(tx, job, plans, misfits, trigger)
            self._settle_status(tx, job, is_waiting=bool(misfits))
        self.finish(key)
        self._record(job, plans, misfits, trigger)
        self._watch(key, {})

    def revisit(self, key: JobKey, trigger: Trigger) -> None:
        """Look at the job again because a time has come; nothing is recorded when nothing is."""
        job = self._store.job(key)
        if job is None:
            return
        plans = self._plans(job, trigger.now_ns)
        if _has_work(plans):
            self.evaluate(job, trigger)
        else:
            self._watch(key, plans)

    def finish(self, key: JobKey) -> None:
        """End a deployment that has brought all it was to bring."""
        deployment, job = self._store.latest_deployment(key), self._store.job(key)
        if not deployment or not job or not rollout.is_complete(deployment):
            return
        with self._store.transaction("PlanResult") as tx:
            tx.put_deployment(rollout.succeeded(deployment))
            if not job["Stable"]:
                tx.amend_job({**job, "Stable": True})

    def status_of(self, job: Job, *, is_waiting: bool) -> str:
        """Return the job's status: running with a live instance, pending while it waits."""
        allocs = self._allocs(job)
        if any(not a.is_terminal for a in allocs):
            return RUNNING
        waits = any(a.client == FAILED and a.desired == RUN for a in allocs)
        deployment = self._current_deployment(job)
        gave_up = deployment is not None and deployment.status == FAILED
        return PENDING if is_waiting or (waits and not gave_up) else DEAD

    def _current_deployment(self, job: Job) -> Deployment | None:
        latest = self._store.latest_deployment(job_key(job))
        return latest if latest and latest.version == job["Version"] else None

    def _plans(self, job: Job, now_ns: int) -> Plans:
        allocs = self._allocs(job)
        deployment = self._current_deployment(job)
        plans = {}
        for group in job["TaskGroups"]:
            name = group["Name"]
            own = tuple(a for a in allocs if a.group == name)
            at = Situation(job, group, own, deployment, self._fits(name), now_ns)
            plans[name] = plan_group(at)
        gone = tuple(a for a in allocs if a.group not in plans and a.desired == RUN)
        return {**plans, "": GroupPlan(stop=gone)} if gone else plans

    def _fits(self, group: str) -> Callable[[Job], bool]:
        return lambda job: misfit(self._placer.node, job, group) is None

    def _misfits(self, plans: Plans) -> Misfits:
        found = {}
        for name, plan in plans.items():
            for placement in plan.place:
                reason = misfit(self._placer.node, placement.job, name)
                if reason is not None:
                    found[name] = reason
        return found

    def _obsolete(self, job: Job) -> Deployment | None:
        """Return the active deployment that this version, or its stop, puts an end to."""
        latest = self._store.latest_deployment(job_key(job))
        if latest is None or not latest.is_active:
            return None
        return latest if job["Stop"] or latest.version != job["Version"] else None

    def _write(
        self, tx: Transaction, job: Job, plans: Plans, misfits: Misfits, trigger: Trigger
    ) -> None:
        obsolete = self._obsolete(job)
        deployment = before = self._deployment(job, plans, trigger.now_ns)
        if obsolete:
            why = rollout.CANCELLED_STOPPED if job["Stop"] else rollout.CANCELLED_NEWER
            tx.put_deployment(rollout.cancelled(obsolete, why))
        for name, plan in plans.items():
            possible = replace(plan, place=()) if name in misfits else plan
            deployment_id = deployment.id if deployment else ""
            gained = self._placer.write_group(tx, job, possible, deployment_id, trigger)
            if deployment and name in deployment.groups and gained:
                part = rollout.with_placed(deployment.groups[name], gained, trigger.now_ns)
                deployment = replace(deployment, groups={**deployment.groups, name: part})
        if deployment and (deployment is not before or not deployment.create_index):
            tx.put_deployment(deployment)

    def _deployment(self, job: Job, plans: Plans, now_ns: int) -> Deployment | None:
        """Return the deployment that gains from the plans: the active one, or a new one."""
        current = self._current_deployment(job)
        if current:
            return current if current.is_active else None
        if not any(plan.starts_deployment for plan in plans.values()):
            return None
        groups = {name: plan.rollout for name, plan in plans.items() if plan.rollout}
        new_id, text = self._placer.sources.new_id(), rollout.running_text(groups)
        return Deployment(new_id, job, now_ns, groups, description=text)

    def _record(self, job: Job, plans: Plans, misfits: Misfits, trigger: Trigger) -> None:
        pending = self._store.evaluations.get(trigger.eval_id) or pending_evaluation(job, trigger)
        node = self._placer.node
        failed = {name: placement_metrics(why, node) for name, why in misfits.items()}
        done = done_evaluation(pending, plans, failed)
        with self._store.transaction("EvaluationUpdated") as tx:
            if failed:
                blocked = blocked_evaluation(done, self._placer.sources.new_id())
                done = replace(done, blocked_id=tx.put_evaluation(blocked).id)
            tx.put_evaluation(done)

    def _settle_status(self, tx: Transaction, job: Job, *, is_waiting: bool) -> None:
        status = self.status_of(job, is_waiting=is_waiting)
        if status != job["Status"]:
            tx.amend_job({**job, "Status": status})

    def _watch(self, key: JobKey, plans: Plans) -> None:
        deployment = self._store.latest_deployment(key)
        times = [plan.next_look_ns for plan in plans.values()]
        times.append(rollout.next_deadline_ns(deployment) if deployment else None)
        for time_ns in times:
            if time_ns is not None:
                self.deadlines.add(time_ns, key)

    def _allocs(self, job: Job) -> tuple[Alloc, ...]:
        return tuple(self._store.allocs_of.get(job_key(job), {}).values())


def _has_work(plans: Plans) -> bool:
    return any(p.stop or p.in_place or p.place or p.starts_deployment for p in plans.values())
