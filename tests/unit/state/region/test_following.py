"""Whatever happens and in whatever order we hear of it, the picture ends as Nomad is.

A Nomad in memory is written to by us and by others, while its stream comes late, is cut and begun
anew from an earlier event, and snapshots are read list by list with all that going on between.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from faas_nomad.model.nomad import Event
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.jobs import JobReader
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.state.region.snapshots import Snapshot, take_snapshot
from support.job_meta import read_service
from support.nomad_model import NomadModel

NAMES = st.sampled_from(["a", "b"])
COUNTS = st.integers(0, 2)
SPECS = st.sampled_from(["1", "2"])
FOLD_ORDER = ("Job", "Deployment", "Allocation")
Reply = Callable[[], set[JobKey]]


def key_of(name: str) -> JobKey:
    return JobKey("default", f"openfaas-{name}")


def shown(picture: RegionPicture, key: JobKey) -> Any:
    """Return what is known of a function, but for what only its past tells.

    Replicas that are to stop count no more: those of a job that was stopped are forgotten with it.
    """
    job = picture.jobs.get(key)
    if job is None:
        return None
    allocs = picture.allocations.get(key, {}).values()
    deployment = picture.deployments.get(key)
    return (
        (job.count, job.version, job.content, job.job_modify_index),
        {
            a.id: replace(a, version=0, has_run=False, modify_index=0)
            for a in allocs
            if a.desired_status == "run"
        },
        deployment and (deployment.job_version, deployment.id, deployment.status),
    )


def since(began: int, known: Any) -> Any:
    """Leave out of what is `shown` a deployment from before the job was last stopped."""
    if known and known[2] and known[2][0] < began:
        return (*known[:2], None)
    return known


class Following(RuleBasedStateMachine):
    """One Nomad, and one picture of it that is kept as `tasks.sync` keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.nomad = NomadModel()
        self.saved = self.nomad.saved()
        self.picture = RegionPicture(JobReader(read_service))
        self.heard = 0
        """Batches of the stream that were folded in."""
        self.replies: list[Reply] = []
        """Of our own writes, on their way."""
        self.told: dict[JobKey, Any] = {}
        """What those see who look whenever a change is told."""
        self.snapshot()

    # What happens in Nomad.

    @rule(name=NAMES, count=COUNTS, spec=SPECS, is_ours=st.sampled_from([True, True, False]))
    def another_writes(self, name: str, count: int, spec: str, is_ours: bool) -> None:
        self.nomad.write_job(name, count=count, spec=spec, is_ours=is_ours)

    @rule(name=NAMES, keeps=st.booleans())
    def another_removes(self, name: str, keeps: bool) -> None:
        if name in self.nomad.jobs:
            (self.nomad.stop if keeps else self.nomad.purge)(name)

    @rule(name=NAMES, count=COUNTS, spec=SPECS)
    def we_write(self, name: str, count: int, spec: str) -> None:
        job = dict(self.nomad.write_job(name, count=count, spec=spec))
        self.replies.append(lambda: self.picture.write_through(job, job["JobModifyIndex"]))

    @rule(name=NAMES)
    def we_remove(self, name: str) -> None:
        if name in self.nomad.jobs:
            at = self.nomad.purge(name)
            self.replies.append(lambda: self.picture.forget(key_of(name), at))

    @rule(name=NAMES)
    def nomad_plans(self, name: str) -> None:
        if name in self.nomad.jobs:
            self.nomad.plan(name)

    @rule(data=st.data(), status=st.sampled_from(["running", "running", "complete", "failed"]))
    def a_replica_changes(self, data: st.DataObject, status: str) -> None:
        if alive := self.nomad.alive():
            self.nomad.client_says(data.draw(st.sampled_from(alive)), status)

    @rule(data=st.data(), healthy=st.booleans())
    def a_replica_is_judged(self, data: st.DataObject, healthy: bool) -> None:
        if alive := self.nomad.alive():
            self.nomad.is_well(data.draw(st.sampled_from(alive)), healthy=healthy)

    @rule(name=NAMES, status=st.sampled_from(["successful", "failed"]))
    def a_deployment_ends(self, name: str, status: str) -> None:
        if name in self.nomad.deployments:
            self.nomad.end_deployment(name, status)

    @rule()
    def nomad_is_saved(self) -> None:
        self.saved = self.nomad.saved()

    @rule(goes_on=st.booleans())
    def nomad_is_put_back(self, goes_on: bool) -> None:
        """`goes_on`: its index does, as when it is restored from a snapshot; its tables' do not."""
        while self.replies:
            self.a_reply_comes()
        index = self.nomad.index
        self.nomad = self.saved.saved()
        self.nomad.index = index if goes_on else self.nomad.index
        self.heard = 0
        self.snapshot()

    # What we hear of it.

    @precondition(lambda self: self.replies)
    @rule()
    def a_reply_comes(self) -> None:
        self.take(self.replies.pop(0)())

    @rule(batches=st.integers(1, 6))
    def events_come(self, batches: int) -> None:
        for batch in self.nomad.batches[self.heard : self.heard + batches]:
            for event in sorted(batch, key=lambda event: FOLD_ORDER.index(event["Topic"])):
                self.fold(event)
            self.heard += 1

    @rule(again=st.integers(0, 12), between=st.data())
    def the_stream_is_cut(self, again: int, between: st.DataObject) -> None:
        """It begins anew at what the server's buffer has still, and a snapshot is read."""
        self.heard = max(0, len(self.nomad.batches) - again)
        self.snapshot(between)

    @rule(between=st.data())
    def a_snapshot_is_due(self, between: st.DataObject) -> None:
        self.snapshot(between)

    def snapshot(self, between: st.DataObject | None = None) -> None:
        begun_at = self.picture.latest_index
        jobs, jobs_index = self.nomad.list_jobs()
        self.meanwhile(between)
        statuses, statuses_index = self.nomad.list_statuses()
        self.meanwhile(between)
        allocations, allocations_index = self.nomad.list_allocations()
        self.meanwhile(between)
        lists = jobs, statuses, allocations
        later = statuses_index, allocations_index
        found = Snapshot(jobs_index, *lists, begun_at, "", *later)
        self.take(take_snapshot(self.picture, found))

    def meanwhile(self, between: st.DataObject | None) -> None:
        """Let things happen and replies come while the lists are read; events wait."""
        for _ in range(between.draw(st.integers(0, 4)) if between else 0):
            name, count = between.draw(NAMES), between.draw(COUNTS)  # type: ignore[union-attr]
            what = between.draw(st.integers(0, 6))  # type: ignore[union-attr]
            if what == 0:
                self.another_writes(name, count, "1", True)
            elif what == 1:
                self.another_removes(name, keeps=False)
            elif what == 2:
                self.we_write(name, count, "2")
            elif what == 3:
                self.we_remove(name)
            elif what == 4 and self.replies:
                self.a_reply_comes()
            elif what == 5 and (alive := self.nomad.alive()):
                self.nomad.client_says(alive[0], "running")
            else:
                self.nomad_plans(name)

    def fold(self, event: Event) -> None:
        if not self.picture.seen.has(event, ""):
            self.take(self.picture.apply(event))

    def take(self, changed: set[JobKey]) -> None:
        for key in changed:
            self.told[key] = shown(self.picture, key)

    # What we have to know in the end.

    @rule()
    def all_is_heard(self) -> None:
        """Nomad has done what is wanted of it, and we have heard of it."""
        for name in self.nomad.jobs:
            self.nomad.plan(name)
        while self.replies:
            self.a_reply_comes()
        self.events_come(len(self.nomad.batches) - self.heard)
        truth = RegionPicture(JobReader(read_service))
        jobs, index = self.nomad.list_jobs()
        statuses, _ = self.nomad.list_statuses()
        allocations, _ = self.nomad.list_allocations()
        take_snapshot(truth, Snapshot(index, jobs, statuses, allocations))
        for name in ("a", "b"):
            key, began = key_of(name), self.nomad.began.get(name, 0)
            expected = since(began, shown(truth, key))
            assert since(began, shown(self.picture, key)) == expected
            assert since(began, self.told.get(key)) == expected

    def teardown(self) -> None:
        self.all_is_heard()


TestFollowing = Following.TestCase
TestFollowing.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
