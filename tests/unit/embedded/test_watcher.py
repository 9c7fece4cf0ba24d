"""Rollouts in the stand-in's state machine, against what a real agent was seen to do."""

from dataclasses import replace

import pytest

from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.reports import Report
from support.embedded_cluster import KEY, ScriptedCluster, registered
from support.nomad_job_specs import SECOND_NS, web_job


@pytest.fixture
def at() -> ScriptedCluster:
    return ScriptedCluster()


def test_a_first_version_succeeds_when_all_are_healthy(at: ScriptedCluster) -> None:
    registered(at, 2)
    at.run_all()
    assert at.deployment().status == "running"

    at.judge_all(healthy=True)

    group = at.deployment().groups["fn"]
    assert (group.desired_total, group.placed, group.healthy) == (2, 2, 2)
    assert at.deployment().status == "successful"
    assert at.job()["Stable"] is True


def test_a_failed_version_goes_back_to_the_stable_one(at: ScriptedCluster) -> None:
    registered(at)
    at.settle()
    (old,) = at.allocs()
    registered(at, Env={"a": "b"})

    reply = at.cluster.watcher.fail(at.deployment().id, at.now_ns)

    assert reply["RevertedJobVersion"] == 0
    assert (at.job()["Version"], at.job()["Stable"]) == (2, True)
    assert [a.id for a in at.allocs()] == [old.id]
    assert at.allocs()[0].version == 2
    assert at.deployment().version == 2
    failed = [d for d in at.told("Deployment") if d.status == "failed"]
    assert failed[-1].description == "Deployment marked as failed - rolling back to job version 0"


def test_the_reverted_version_has_the_count_of_then(at: ScriptedCluster) -> None:
    registered(at, 1)
    at.settle()
    registered(at, 3, Env={"a": "b"})

    at.cluster.watcher.fail(at.deployment().id, at.now_ns)

    assert at.job()["TaskGroups"][0]["Count"] == 1


def test_a_first_version_has_nothing_to_go_back_to(at: ScriptedCluster) -> None:
    registered(at)

    at.cluster.watcher.fail(at.deployment().id, at.now_ns)

    expected = "Deployment marked as failed - no stable job version to auto revert to"
    assert at.deployment().description == expected
    assert at.job()["Version"] == 0


def test_the_same_specification_is_not_gone_back_to(at: ScriptedCluster) -> None:
    registered(at)
    at.settle()
    registered(at, Env={"a": "b"})
    at.cluster.watcher.fail(at.deployment().id, at.now_ns)

    at.cluster.watcher.fail(at.deployment().id, at.now_ns)

    assert "not rolling back to stable job version 0 as" in at.deployment().description


def test_no_progress_in_time_fails_the_deployment(at: ScriptedCluster) -> None:
    registered(at)
    at.settle()
    registered(at, Env={"a": "b"})
    at.run_all()

    at.pass_s(29)
    assert at.deployment().status == "running"
    at.pass_s(2)

    failed = [d for d in at.told("Deployment") if d.status == "failed"]
    assert failed[-1].description.startswith("Failed due to progress deadline - rolling back")


def test_every_healthy_instance_moves_the_deadline(at: ScriptedCluster) -> None:
    registered(at, 2)
    at.run_all()
    at.pass_s(20)
    at.cluster.watcher.take_reports([Report(at.allocs()[0].id, healthy=True)], at.now_ns)

    at.pass_s(20)
    assert at.deployment().status == "running"
    at.pass_s(11)
    assert at.deployment().status == "failed"


def test_without_a_second_try_the_first_failure_is_the_end(at: ScriptedCluster) -> None:
    job = web_job(KEY[1])
    job["TaskGroups"][0]["ReschedulePolicy"] = {"Unlimited": False, "Attempts": 0}
    at.register(job)
    at.run_all()

    at.fail(at.allocs()[0])

    assert at.deployment().description.startswith("Failed due to unhealthy allocations")


def test_a_failed_instance_is_unhealthy_and_replaced_after_its_delay(at: ScriptedCluster) -> None:
    registered(at)
    at.run_all()
    (first,) = at.allocs()
    at.fail(first)
    assert at.deployment().groups["fn"].unhealthy == 1
    assert at.job()["Status"] == "pending"

    at.pass_s(4.9)
    assert at.allocs() == []
    at.pass_s(0.2)

    (second,) = at.allocs()
    assert (second.previous_id, second.name) == (first.id, first.name)
    assert second.reschedule_times_ns == (at.now_ns - SECOND_NS // 10,)
    assert at.store.allocs[first.id].next_id == second.id


def test_nothing_is_replaced_after_the_deployment_failed(at: ScriptedCluster) -> None:
    registered(at)
    at.run_all()
    at.fail(at.allocs()[0])
    at.cluster.watcher.fail(at.deployment().id, at.now_ns)

    at.pass_s(600)

    assert at.allocs() == []
    assert at.job()["Status"] == "dead"


def test_only_the_first_verdict_counts(at: ScriptedCluster) -> None:
    registered(at)
    at.settle()

    at.judge_all(healthy=False)

    assert at.deployment().groups["fn"].unhealthy == 0


def test_reports_of_unknown_instances_are_ignored(at: ScriptedCluster) -> None:
    at.cluster.watcher.take_reports([Report("gone", healthy=True)], at.now_ns)

    assert at.store.allocs == {}


def test_an_ended_deployment_cannot_fail_again(at: ScriptedCluster) -> None:
    registered(at)
    at.settle()

    with pytest.raises(ApiError, match="can't fail terminal deployment"):
        at.cluster.watcher.fail(at.deployment().id, at.now_ns)
    with pytest.raises(ApiError, match="deployment not found"):
        at.cluster.watcher.fail("nope", at.now_ns)


def test_rows_in_events_are_as_they_were_then(at: ScriptedCluster) -> None:
    registered(at)
    at.settle()

    clients = [alloc.client for alloc in at.told("Allocation")]

    assert clients == ["pending", "running", "running"]
    assert replace(at.allocs()[0]).client == "running"
