"""A snapshot is the truth up to its index, and what is known to be newer stays."""

from faas_nomad.state.records import JobKey
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.state.region.snapshots import Snapshot, take_snapshot
from support.nomad_shapes import (
    alloc_event,
    allocation,
    event,
    job_event,
    job_stub,
    snapshot_of_a,
    statuses_job,
    whole_job,
)

KEY = JobKey("default", "openfaas-a")


def test_a_snapshot_brings_jobs_and_their_allocations(picture: RegionPicture) -> None:
    changed = take_snapshot(picture, snapshot_of_a(count=3))

    assert changed == {KEY}
    assert picture.jobs[KEY].count == 3
    assert picture.allocations[KEY].keys() == {"x"}


def test_the_same_snapshot_again_changes_nothing(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a())

    assert take_snapshot(picture, snapshot_of_a()) == set()


def test_a_job_that_is_no_function_is_left_out(picture: RegionPicture) -> None:
    stub = job_stub()
    stub["Meta"] = {"other": "1"}

    take_snapshot(picture, Snapshot(10, [stub], [statuses_job()], []))

    assert picture.jobs == {}


def test_a_stopped_job_is_no_function(picture: RegionPicture) -> None:
    take_snapshot(picture, Snapshot(10, [job_stub(stop=True)], [statuses_job()], []))

    assert picture.jobs == {}


def test_a_job_that_a_later_snapshot_lacks_is_gone(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a())

    assert take_snapshot(picture, Snapshot(30, [], [], [])) == {KEY}
    assert picture.jobs == {}
    assert picture.allocations == {}


def test_a_job_registered_after_the_snapshot_was_read_stays(picture: RegionPicture) -> None:
    picture.write_through(whole_job(index=15), 15)

    take_snapshot(picture, Snapshot(12, [], [], []))

    assert KEY in picture.jobs


def test_a_job_that_comes_while_lists_are_read_has_the_replicas_that_its_events_tell(
    picture: RegionPicture,
) -> None:
    """The list of jobs is from before it, that of allocations from after: it has them in vain."""
    placed = allocation("x", index=14)
    take_snapshot(picture, Snapshot(12, [], [], [placed], allocations_index=14))

    job, replica = job_event(whole_job(index=13), index=13), alloc_event(placed)
    assert not picture.seen.has(job, "")
    picture.apply(job)
    assert not picture.seen.has(replica, "")
    picture.apply(replica)

    assert picture.allocations[KEY].keys() == {"x"}


def test_our_own_write_while_lists_are_read_has_the_replicas_that_the_last_one_has(
    picture: RegionPicture,
) -> None:
    """As a function that is woken meanwhile."""
    take_snapshot(picture, Snapshot(10, [job_stub()], [statuses_job(count=0)], []))
    picture.write_through(whole_job(index=13, count=1), 13)
    placed = allocation("x", index=14)
    lists = [job_stub()], [statuses_job(count=1, version=1)], [placed]

    take_snapshot(picture, Snapshot(12, *lists, allocations_index=14))

    assert picture.jobs[KEY].count == 1
    assert picture.allocations[KEY].keys() == {"x"}
    assert picture.seen.has(alloc_event(placed), "")


def test_a_replica_that_ended_while_lists_were_read_does_not_come_back(
    picture: RegionPicture,
) -> None:
    take_snapshot(picture, Snapshot(12, [job_stub()], [statuses_job()], [], allocations_index=15))

    assert picture.seen.has(alloc_event(allocation("x", index=14)), "")


def test_evaluations_are_in_no_snapshot(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a(index=12))
    evaluation = {"JobID": "openfaas-a", "Namespace": "default"}

    assert not picture.seen.has(event("Evaluation", "EvaluationUpdated", evaluation, index=11), "")


def test_a_reply_to_our_write_that_comes_late_does_not_revive_what_others_removed_since(
    picture: RegionPicture,
) -> None:
    take_snapshot(picture, Snapshot(30, [], [], []))

    assert picture.write_through(whole_job(index=20), 20) == set()
    assert picture.jobs == {}


def test_a_removed_job_is_not_revived_by_an_older_snapshot(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a())
    picture.forget(KEY, 25)

    take_snapshot(picture, snapshot_of_a(index=24))

    assert picture.jobs == {}


def test_tombstones_do_not_pile_up(picture: RegionPicture) -> None:
    picture.forget(KEY, 25)

    take_snapshot(picture, Snapshot(26, [], [], []))

    assert len(picture.tombstones) == 0


def test_a_nomad_put_back_to_the_past_is_believed(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a(index=40))
    picture.forget(JobKey("default", "openfaas-b"), 50)

    older = Snapshot(9, [job_stub("b", index=8)], [statuses_job("b")], [], picture.latest_index)
    assert take_snapshot(picture, older) == {KEY, JobKey("default", "openfaas-b")}
    assert picture.jobs.keys() == {JobKey("default", "openfaas-b")}


def test_a_snapshot_keeps_the_history_and_history_is_bounded(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a())
    for version in range(1, 20):
        picture.apply(job_event(whole_job(version=version, index=10 + version), index=30))
    statuses = [statuses_job(version=19)]
    take_snapshot(picture, Snapshot(40, [job_stub(index=29)], statuses, []))

    assert picture.jobs[KEY].current_versions == frozenset(range(12, 20))
