"""The stand-in's state machine: every write of its API, and what its node reports. Pure.

Callers pass the time; identifiers and ports come from `Sources`. After each call the node looks
at `store.take_touched()`; `watcher.tick` is due at `next_deadline_ns()`.
"""

from collections.abc import Mapping
from typing import Any

from faas_nomad.embedded.changes import is_same_spec
from faas_nomad.embedded.constraints import NodeFacts
from faas_nomad.embedded.defaults import canonical_job
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.evaluations import pending_evaluation
from faas_nomad.embedded.namespaces import DEFAULT, Namespaces
from faas_nomad.embedded.placing import Placer, Sources, Trigger
from faas_nomad.embedded.planner import Planner
from faas_nomad.embedded.records import PENDING, RUNNING, Job, JobKey, group_of, job_key
from faas_nomad.embedded.rules import check_job
from faas_nomad.embedded.store import Store
from faas_nomad.embedded.variables import Variables
from faas_nomad.embedded.watcher import Watcher


class Cluster:
    """All tables of one stand-in and the rules by which they change."""

    def __init__(self, node: NodeFacts, sources: Sources) -> None:
        self.node = node
        self.store = Store()
        self.namespaces = Namespaces(self.store)
        self.variables = Variables(self.store)
        self._sources = sources
        self._planner = Planner(self.store, Placer(node, sources))
        self.watcher = Watcher(self.store, self._planner, sources)

    def parse_job(self, posted: Mapping[str, Any], namespace: str) -> Job:
        """Return the canonical job of a posted body; `namespace` is the query's, if it had one.

        Raises:
            ApiError: 400 without a job or its ID, 500 for another region.
        """
        job = posted.get("Job")
        if job is None:
            raise ApiError(400, "Job must be specified")
        if job.get("ID") is None:
            raise ApiError(400, "Job ID hasn't been provided")
        if job.get("Region") not in (None, "", "global"):
            raise ApiError(500, "No path to region")
        named = {**job, "Namespace": namespace} if namespace else job
        return canonical_job(named, DEFAULT)

    def register(self, posted: Mapping[str, Any], namespace: str, now_ns: int) -> dict[str, Any]:
        """Carry out `POST /v1/jobs`. Raises: ApiError."""
        job = self.parse_job(posted, namespace)
        check_job(job, self.namespaces.rows, frozenset((self.node.pool, "all")))
        present = self.store.job(job_key(job))
        if posted.get("EnforceIndex"):
            _enforce_index(present, posted.get("JobModifyIndex") or 0)
        if present and posted.get("PreserveCounts"):
            job = _with_counts_of(present, job)
        trigger = self._trigger("job-register", now_ns)
        written = self._write_version(present, job, trigger)
        self._planner.evaluate(written, trigger)
        return _reply(trigger, written["JobModifyIndex"], Warnings="")

    def deregister(
        self, key: JobKey, *, purge: bool, now_ns: int, at_once: bool = False
    ) -> dict[str, Any]:
        """Carry out `DELETE /v1/job/:id`; for an unknown job the reply has no evaluation.

        `at_once` leaves out the shutdown delay.
        """
        job = self.store.job(key)
        if at_once:
            self.store.hurried.update(self.store.allocs_of.get(key, {}))
        trigger = self._trigger("job-deregister", now_ns)
        if job is None:
            return _reply(None, 0, VolumeEvalID="", VolumeEvalIndex=0)
        if purge:
            with self.store.transaction("JobDeregistered") as tx:
                tx.drop_job(job)
            return _reply(trigger, self.store.index, VolumeEvalID="", VolumeEvalIndex=0)
        if not job["Stop"]:
            stopped = {**job, "Stop": True, "Version": job["Version"] + 1}
            with self.store.transaction("JobDeregistered") as tx:
                job = tx.put_version(stopped)
                tx.put_evaluation(pending_evaluation(job, trigger))
        self._planner.evaluate(job, trigger)
        return _reply(trigger, job["JobModifyIndex"], VolumeEvalID="", VolumeEvalIndex=0)

    def delete_namespace(self, name: str) -> int:
        """Carry out `DELETE /v1/namespace/:name`. Raises: ApiError 500 while it is in use."""
        jobs = [self.store.job(key) for key in self.store.versions if key[0] == name]
        allocs = [a for a in self.store.allocs.values() if a.namespace == name]
        uses = {
            "non-terminal jobs": any(job and job["Status"] != "dead" for job in jobs),
            "non-terminal allocations": any(not a.has_ended for a in allocs),
            "variables associated with it": any(key[0] == name for key in self.variables.rows),
        }
        return self.namespaces.delete(name, [use for use, is_so in uses.items() if is_so])

    def next_deadline_ns(self) -> int | None:
        """Return when `watcher.tick` is due next."""
        return self._planner.deadlines.next_ns()

    def _trigger(self, kind: str, now_ns: int) -> Trigger:
        return Trigger(kind, self._sources.new_id(), now_ns)

    def _write_version(self, present: Job | None, job: Job, trigger: Trigger) -> Job:
        """Write `job` as a new version, unless it is what there is; return what there is now."""
        if present and is_same_spec(present, job):
            return present
        is_live = present is not None and present["Status"] == RUNNING
        row = {
            **job,
            "CreateIndex": present["CreateIndex"] if present else 0,
            "Version": present["Version"] + 1 if present else 0,
            "Stable": False,
            "Status": RUNNING if is_live else PENDING,
            "SubmitTime": trigger.now_ns,
        }
        with self.store.transaction("JobRegistered") as tx:
            written = tx.put_version(row)
            tx.put_evaluation(pending_evaluation(written, trigger))
        return written


def _reply(trigger: Trigger | None, index: int, **more: Any) -> dict[str, Any]:
    return {
        "EvalCreateIndex": index,
        "EvalID": trigger.eval_id if trigger else "",
        "Index": index,
        "JobModifyIndex": index,
        "KnownLeader": False,
        "LastContact": 0,
        "NextToken": "",
        **more,
    }


def _enforce_index(present: Job | None, expected: int) -> None:
    """Raise ApiError 500 unless the job's `JobModifyIndex` is `expected`; 0 means no job."""
    prefix = f"Enforcing job modify index {expected}: job"
    if present is None:
        if expected:
            raise ApiError(500, f"{prefix} does not exist")
        return
    if not expected:
        raise ApiError(500, f"{prefix} already exists")
    index = present["JobModifyIndex"]
    if index != expected:
        text = f"{prefix} exists with conflicting job modify index: {index}"
        raise ApiError(500, text)


def _with_counts_of(present: Job, job: Job) -> Job:
    groups = []
    for group in job["TaskGroups"]:
        before = group_of(present, group["Name"])
        groups.append({**group, "Count": before["Count"]} if before else group)
    return {**job, "TaskGroups": groups}
