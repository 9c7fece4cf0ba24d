"""The picture follows Nomad whatever the order in which snapshots and events arrive."""

import pytest

from faas_nomad.state.records import UNKNOWN_VERSION, JobKey
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.state.region.snapshots import take_snapshot
from support.nomad_shapes import (
    alloc_event,
    allocation,
    event,
    job_event,
    snapshot_of_a,
    whole_job,
)

KEY = JobKey("default", "openfaas-a")
DEPLOYMENT = {
    "ID": "d0",
    "JobID": "openfaas-a",
    "Namespace": "default",
    "JobVersion": 0,
    "Status": "running",
    "StatusDescription": "",
}


def test_a_removed_job_is_not_revived_by_an_older_event(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a())
    picture.forget(KEY, 25)

    assert picture.apply(job_event(whole_job(index=20), index=20)) == set()
    assert picture.jobs == {}


def test_a_job_deployed_again_after_its_removal_is_there(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a())
    picture.forget(KEY, 25)

    picture.apply(job_event(whole_job(index=26), index=26))

    assert KEY in picture.jobs


def test_a_removed_job_leaves_no_replica_to_the_next_of_its_name(picture: RegionPicture) -> None:
    """Its events may come after the name was taken again."""
    take_snapshot(picture, snapshot_of_a())
    picture.forget(KEY, 25)
    picture.write_through(whole_job(index=26), 26)

    assert picture.apply(alloc_event(allocation("x", index=24))) == set()
    assert picture.apply(alloc_event(allocation("y", index=27))) == {KEY}
    assert picture.allocations[KEY].keys() == {"y"}


def test_our_own_registration_has_an_unknown_version_until_its_event(
    picture: RegionPicture,
) -> None:
    picture.write_through(whole_job(index=15), 15)
    assert picture.jobs[KEY].version == UNKNOWN_VERSION

    picture.apply(job_event(whole_job(index=15, version=4), index=15))
    assert picture.jobs[KEY].version == 4


def test_our_own_registration_after_its_event_changes_nothing(picture: RegionPicture) -> None:
    picture.apply(job_event(whole_job(index=15, version=4), index=15))

    assert picture.write_through(whole_job(index=15), 15) == set()
    assert picture.jobs[KEY].version == 4


def test_an_older_job_event_changes_nothing(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a(index=10, count=3))

    assert picture.apply(job_event(whole_job(index=9, count=1), index=9)) == set()


def test_a_deregistration_drops_the_job_and_its_allocations(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a())

    changed = picture.apply(job_event(whole_job(), index=30, kind="JobDeregistered"))

    assert changed == {KEY}
    assert picture.allocations == {}


def test_a_deregistration_from_before_the_present_job_changes_nothing(
    picture: RegionPicture,
) -> None:
    take_snapshot(picture, snapshot_of_a(index=40))

    assert picture.apply(job_event(whole_job(), index=30, kind="JobDeregistered")) == set()


def test_a_removal_by_another_that_is_told_late_takes_the_replicas_that_were_there(
    picture: RegionPicture,
) -> None:
    """We have deployed the name anew before we heard of it; a purge tells of no allocation."""
    take_snapshot(picture, snapshot_of_a(index=20))
    picture.apply(event("Deployment", "PlanResult", DEPLOYMENT, index=21))
    picture.write_through(whole_job(index=31), 31)

    assert picture.apply(job_event(whole_job(), index=30, kind="JobDeregistered")) == {KEY}

    assert picture.jobs[KEY].job_modify_index == 31
    assert picture.allocations[KEY] == {}
    assert picture.deployments == {}
    assert picture.apply(alloc_event(allocation("x", index=29))) == set()


def test_our_removal_that_is_answered_late_leaves_what_others_deployed_since(
    picture: RegionPicture,
) -> None:
    take_snapshot(picture, snapshot_of_a(index=20))
    picture.apply(job_event(whole_job(), index=30, kind="JobDeregistered"))
    picture.apply(job_event(whole_job(index=31), index=31))
    picture.apply(event("Deployment", "PlanResult", DEPLOYMENT, index=32))
    picture.apply(alloc_event(allocation("y", index=32)))

    assert picture.forget(KEY, 30) == set()

    assert picture.allocations[KEY].keys() == {"y"}
    assert picture.deployments.keys() == {KEY}


def test_a_job_that_was_edited_to_be_no_function_is_none(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a(index=20))
    edited = whole_job(index=21, version=1) | {"Meta": {"edited": "by hand"}}

    assert picture.apply(job_event(edited, index=21)) == {KEY}
    assert (picture.jobs, picture.allocations) == ({}, {})

    assert picture.apply(job_event(whole_job(index=22, version=2), index=22)) == {KEY}


def test_an_allocation_runs_the_version_that_it_was_placed_for(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a())
    picture.apply(job_event(whole_job(version=1, index=15), index=15))

    picture.apply(alloc_event(allocation("y", index=16), "PlanResult"))
    picture.apply(alloc_event(allocation("x", index=17), "PlanResult"))

    assert picture.allocations[KEY]["y"].version == 1  # type: ignore[index]
    assert picture.allocations[KEY]["x"].version == 0  # type: ignore[index]


def test_a_placement_runs_the_version_of_its_deployment_when_the_job_moved_on(
    picture: RegionPicture,
) -> None:
    take_snapshot(picture, snapshot_of_a())
    picture.apply(job_event(whole_job(version=1, index=15), index=15))
    picture.apply(event("Deployment", "PlanResult", DEPLOYMENT, index=16))

    picture.apply(alloc_event(allocation("y", index=16, deployment="d0"), "PlanResult"))

    assert picture.allocations[KEY]["y"].version == 0  # type: ignore[index]


def test_a_version_that_only_scales_runs_the_same_function(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a())
    picture.apply(job_event(whole_job(version=1, index=15, count=3), index=15))

    assert picture.jobs[KEY].current_versions == {0, 1}


def test_an_update_outdates_the_versions_before_it_and_a_revert_brings_them_back(
    picture: RegionPicture,
) -> None:
    take_snapshot(picture, snapshot_of_a())
    new = whole_job(version=1, index=15) | {"Meta": {"service": "a", "spec": "2"}}
    picture.apply(job_event(new, index=15))
    assert picture.jobs[KEY].current_versions == {1}

    picture.apply(job_event(whole_job(version=2, index=16), index=16))
    assert picture.jobs[KEY].current_versions == {0, 2}


def test_our_own_update_outdates_all_versions_until_nomad_numbers_it(
    picture: RegionPicture,
) -> None:
    take_snapshot(picture, snapshot_of_a())

    picture.write_through(whole_job(index=15) | {"Meta": {"service": "a", "spec": "2"}}, 15)

    assert picture.jobs[KEY].current_versions == frozenset()


def test_an_older_allocation_event_changes_nothing(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a(index=20))

    assert picture.apply(alloc_event(allocation("x", index=19, status="failed"))) == set()


@pytest.mark.parametrize("status", ["complete", "failed", "lost"])
def test_an_ended_allocation_is_dropped(picture: RegionPicture, status: str) -> None:
    take_snapshot(picture, snapshot_of_a())

    assert picture.apply(alloc_event(allocation("x", index=30, status=status))) == {KEY}
    assert picture.allocations[KEY] == {}


def test_an_allocation_of_an_unknown_job_is_ignored(picture: RegionPicture) -> None:
    assert picture.apply(alloc_event(allocation("x", "other"))) == set()


def test_an_event_that_changes_only_the_index_is_no_change(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a())

    assert picture.apply(alloc_event(allocation("x", index=31))) == set()


def test_the_latest_deployment_is_kept(picture: RegionPicture) -> None:
    take_snapshot(picture, snapshot_of_a())
    new = DEPLOYMENT | {"ID": "d", "JobVersion": 2}

    assert picture.apply(event("Deployment", "PlanResult", new, index=30)) == {KEY}
    older = {**new, "ID": "c", "JobVersion": 1}
    assert picture.apply(event("Deployment", "PlanResult", older, index=31)) == set()
    assert picture.deployments[KEY].id == "d"
