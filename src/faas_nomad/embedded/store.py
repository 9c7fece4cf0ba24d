"""The stand-in's tables, their Raft-like index and the events of each write. Pure.

Every transaction takes the next index, stamps it on what it writes and ends as one batch of
events. `touched` collects the allocations that the node has to look at, `hurried` those that are
to stop without their shutdown delay.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from faas_nomad.embedded.event_buffer import EventBuffer
from faas_nomad.embedded.records import Alloc, Deployment, Evaluation, Event, Job, JobKey, job_key

MAX_VERSIONS = 6
"""Job versions kept: Nomad's `job_tracked_versions`."""
MAX_ENDED_ALLOCS = 20
MAX_DEPLOYMENTS = 10
MAX_EVALUATIONS = 20
"""Rows kept per job; Nomad keeps them until its garbage collection."""
Row = TypeVar("Row")


class Store:
    """The tables by key, and per job in the order of creation."""

    def __init__(self) -> None:
        self.index = 1
        self.table_index: defaultdict[str, int] = defaultdict(lambda: 1)
        self.versions: dict[JobKey, list[Job]] = {}
        self.allocs: dict[str, Alloc] = {}
        self.deployments: dict[str, Deployment] = {}
        self.evaluations: dict[str, Evaluation] = {}
        self.allocs_of: dict[JobKey, dict[str, Alloc]] = {}
        self.deployments_of: dict[JobKey, dict[str, Deployment]] = {}
        self.evaluations_of: dict[JobKey, dict[str, Evaluation]] = {}
        self.events = EventBuffer()
        self.touched: set[str] = set()
        self.hurried: set[str] = set()

    @contextmanager
    def transaction(self, kind: str) -> Iterator["Transaction"]:
        """Open a write; its events, of the type `kind`, are published when the block ends."""
        self.index += 1
        transaction = Transaction(self, kind)
        yield transaction
        self.events.append(self.index, tuple(transaction.events))

    def job(self, key: JobKey) -> Job | None:
        """Return the latest version of a job."""
        versions = self.versions.get(key)
        return versions[0] if versions else None

    def latest_deployment(self, key: JobKey) -> Deployment | None:
        """Return the job's last deployment."""
        return next(reversed(self.deployments_of.get(key, {}).values()), None)

    def take_touched(self) -> dict[str, bool]:
        """Return the allocations changed for the node since the last call: which are hurried."""
        touched = {alloc_id: alloc_id in self.hurried for alloc_id in self.touched}
        self.touched, self.hurried = set(), set()
        return touched


class Transaction:
    """One write under one index."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind
        self.index = store.index
        self.events: list[Event] = []

    def put_version(self, job: Job) -> Job:
        """Write a new version of a job (or its first)."""
        created = job.get("CreateIndex") or self.index
        row = {**job, "CreateIndex": created, "JobModifyIndex": self.index}
        row["ModifyIndex"] = self.index
        versions = self._store.versions.setdefault(job_key(row), [])
        versions.insert(0, row)
        del versions[MAX_VERSIONS:]
        self.mark("jobs")
        self._tell("Job", row["ID"], job_key(row), (), row)
        return row

    def amend_job(self, job: Job) -> Job:
        """Write a change to the latest version that is no new version, such as its status."""
        row = {**job, "ModifyIndex": self.index}
        self._store.versions[job_key(row)][0] = row
        self.mark("jobs")
        self._tell("Job", row["ID"], job_key(row), (), row)
        return row

    def drop_job(self, job: Job) -> None:
        """Forget the job and all that belongs to it; only the job's own event tells of it."""
        key, store = job_key(job), self._store
        del store.versions[key]
        dropped = store.allocs_of.pop(key, {})
        store.touched.update(dropped)
        _forget(store.allocs, dropped)
        _forget(store.deployments, store.deployments_of.pop(key, {}))
        _forget(store.evaluations, store.evaluations_of.pop(key, {}))
        self.mark("jobs", "allocs", "deployment", "evals")
        self._tell("Job", job["ID"], key, (), job)

    def put_alloc(self, alloc: Alloc, *, by_server: bool = True) -> Alloc:
        """Write an allocation; `by_server` says that the node has to look at it."""
        row = replace(
            alloc,
            create_index=alloc.create_index or self.index,
            modify_index=self.index,
            alloc_modify_index=self.index if by_server else alloc.alloc_modify_index,
        )
        store = self._store
        store.allocs_of.setdefault(row.key, {})[row.id] = row
        store.allocs[row.id] = row
        if by_server:
            store.touched.add(row.id)
        if row.is_terminal:
            self._prune_allocs(row.key)
        self.mark("allocs", "job_summary")
        self._tell("Allocation", row.id, row.key, (row.job_id, row.deployment_id), row)
        return row

    def put_deployment(self, deployment: Deployment) -> Deployment:
        """Write a deployment."""
        created = deployment.create_index or self.index
        row = replace(deployment, create_index=created, modify_index=self.index)
        rows = self._store.deployments_of.setdefault(row.key, {})
        self._store.deployments[row.id] = rows[row.id] = row
        _forget(self._store.deployments, _overflow(rows, MAX_DEPLOYMENTS))
        self.mark("deployment")
        self._tell("Deployment", row.id, row.key, (row.key[1],), row)
        return row

    def put_evaluation(self, evaluation: Evaluation) -> Evaluation:
        """Write an evaluation."""
        created = evaluation.create_index or self.index
        row = replace(evaluation, create_index=created, modify_index=self.index)
        rows = self._store.evaluations_of.setdefault(row.key, {})
        self._store.evaluations[row.id] = rows[row.id] = row
        _forget(self._store.evaluations, _overflow(rows, MAX_EVALUATIONS))
        self.mark("evals")
        self._tell("Evaluation", row.id, row.key, (row.job_id, row.deployment_id), row)
        return row

    def mark(self, *tables: str) -> None:
        """Say that these tables were written under this index."""
        for table in tables:
            self._store.table_index[table] = self.index

    def _prune_allocs(self, key: JobKey) -> None:
        rows = self._store.allocs_of[key]
        ended = {alloc_id: a for alloc_id, a in rows.items() if a.is_terminal and a.has_ended}
        for alloc_id in _overflow(ended, MAX_ENDED_ALLOCS):
            del rows[alloc_id], self._store.allocs[alloc_id]
            self._store.touched.add(alloc_id)

    def _tell(
        self, topic: str, key: str, job: JobKey, filter_keys: tuple[str, ...], row: object
    ) -> None:
        keys = tuple(key for key in filter_keys if key)
        self.events.append(Event(topic, self._kind, key, job[0], keys, self.index, row))


def _overflow(rows: dict[str, Row], limit: int) -> list[str]:
    """Remove the oldest rows beyond `limit` and return their keys."""
    dropped = list(rows)[: max(0, len(rows) - limit)]
    for key in dropped:
        del rows[key]
    return dropped


def _forget(table: dict[str, Row], keys: Iterable[str]) -> None:
    for key in keys:
        del table[key]
