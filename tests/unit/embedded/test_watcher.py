"""Rollouts in the stand-in's state machine, against what a real agent was seen to do."""

from dataclasses import replace
from typing import Any

import pytest

from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.reports import Report
from support.embedded_cluster import KEY, ScriptedCluster
from support.nomad_job_specs import SECOND_NS, web_job, with_update


@pytest.fixture
def at() -> ScriptedCluster:
    return ScriptedCluster()


def names(at: ScriptedCluster) -> list[str]:
    return [a.name.removeprefix(KEY[1]) for a in at.allocs()]


def registered(at: ScriptedCluster, count: int = 1, **changes: Any) -> None:
    at.register(web_job(KEY[1], count=count, **changes))


def test_a_first_version_succeeds_when_all_are_healthy(at: ScriptedCluster) -> None:
    registered(at, 2)
    at.run_all()
    assert at.deployment().status == "running"

    at.judge_all(healthy=True)

    group = at.deployment().groups["fn"]
    assert (group.desired_total, group.placed, group.healthy) == (2, 2, 2)
    assert at.deployment().status == "successful"
    assert at.job()["Stable"] is True


def test_a_canary_comes_beside_the_old_ones(at: ScriptedCluster) -> None:
    registered(at, 2)
    at.settle()

    registered(at, 2, Env={"a": "b"})

    assert names(at) == [".fn[0]", ".fn[0]", ".fn[1]"]
    assert [a.is_canary for a in at.allocs()] == [False, True, False]
    assert at.deployment().description == "Deployment is running pending automatic promotion"


def test_a_healthy_canary_is_promoted_and_the_rest_follows_one_by_one(at: ScriptedCluster) -> None:
    registered(at, 3)
    at.settle()
    registered(at, 3, Env={"a": "b"})
    at.run_all()

    at.judge_all(healthy=True)

    assert at.deployment().groups["fn"].promoted
    assert [a.version for a in at.allocs()] == [1, 1, 0]
    at.run_all()
    at.judge_all(healthy=True)
    at.run_all()
    at.judge_all(healthy=True)
    assert [a.version for a in at.allocs()] == [1, 1, 1]
    assert at.deployment().status == "successful"
    assert not any(a.is_canary for a in at.allocs())


def test_promotion_stops_the_twin_and_replaces_the_next(at: ScriptedCluster) -> None:
    registered(at, 2)
    at.settle()
    registered(at, 2, Env={"a": "b"})
    at.run_all()
    at.judge_all(healthy=True)

    reasons = {a.name[-6:]: a.desired_description for a in at.allocs(live=False) if not a.version}

    assert reasons == {
        ".fn[0]": "alloc not needed due to job update",
        ".fn[1]": "alloc is being updated due to job update",
    }


def test_manual_promotion_waits_for_the_call(at: ScriptedCluster) -> None:
    job = with_update(web_job(KEY[1], Env={"a": "b"}), AutoPromote=False)
    registered(at)
    at.settle()
    at.register(job)
    with pytest.raises(ApiError, match="unhealthy canaries"):
        at.cluster.watcher.promote(at.deployment().id, at.now_ns)
    at.run_all()
    at.judge_all(healthy=True)
    assert at.deployment().description == "Deployment is running but requires manual promotion"

    at.cluster.watcher.promote(at.deployment().id, at.now_ns)

    assert at.deployment().status == "successful"


def test_without_canaries_the_old_one_makes_room_first(at: ScriptedCluster) -> None:
    plain = {"Canary": 0, "AutoPromote": False}
    at.register(with_update(web_job(KEY[1], count=2), **plain))
    at.settle()

    at.register(with_update(web_job(KEY[1], count=2, Env={"a": "b"}), **plain))

    assert [a.version for a in at.allocs()] == [1, 0]
    old = next(a for a in at.allocs(live=False) if a.desired == "stop")
    new = at.allocs()[0]
    assert (old.next_id, new.previous_id) == (new.id, old.id)


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


def test_a_failed_canary_is_replaced_by_a_canary(at: ScriptedCluster) -> None:
    registered(at)
    at.settle()
    registered(at, Env={"a": "b"})
    at.run_all()
    canary = next(a for a in at.allocs() if a.is_canary)

    at.fail(canary)
    at.pass_s(6)

    assert [a.is_canary for a in at.allocs()] == [False, True]
    assert len(at.deployment().groups["fn"].placed_canaries) == 2


def test_nothing_is_replaced_after_the_deployment_failed(at: ScriptedCluster) -> None:
    registered(at)
    at.run_all()
    at.fail(at.allocs()[0])
    at.cluster.watcher.fail(at.deployment().id, at.now_ns)

    at.pass_s(600)

    assert at.allocs() == []
    assert at.job()["Status"] == "dead"


def test_an_old_instance_that_fails_beside_canaries_stays_of_its_version(
    at: ScriptedCluster,
) -> None:
    registered(at, 2)
    at.settle()
    registered(at, 2, Env={"a": "b"})
    at.run_all()
    old = next(a for a in at.allocs() if a.name.endswith("[1]"))

    at.fail(old)
    at.pass_s(6)

    replacement = next(a for a in at.allocs() if a.name.endswith("[1]"))
    assert (replacement.previous_id, replacement.version) == (old.id, 0)


def test_a_scale_up_places_and_keeps(at: ScriptedCluster) -> None:
    registered(at, 1)
    at.settle()
    (first,) = at.allocs()

    registered(at, 3)

    assert names(at) == [".fn[0]", ".fn[1]", ".fn[2]"]
    assert at.allocs()[0].id == first.id
    assert [a.version for a in at.allocs()] == [1, 1, 1]
    assert at.deployment().groups["fn"].desired_canaries == 0


def test_a_scale_down_takes_the_highest_names(at: ScriptedCluster) -> None:
    registered(at, 3)
    at.settle()

    registered(at, 1)

    assert names(at) == [".fn[0]"]


def test_scaled_to_none_the_job_is_dead_without_a_deployment(at: ScriptedCluster) -> None:
    registered(at, 2)
    at.settle()
    before = at.deployment().id

    registered(at, 0)
    at.run_all()

    assert at.allocs() == []
    assert (at.job()["Status"], at.job()["Stop"]) == ("dead", False)
    assert at.deployment().id == before


def test_a_newer_version_cancels_and_takes_the_canaries_away(at: ScriptedCluster) -> None:
    registered(at)
    at.settle()
    registered(at, Env={"a": "b"})
    at.run_all()
    (canary,) = [a for a in at.allocs() if a.is_canary]

    registered(at, Env={"a": "c"})

    cancelled = [d for d in at.told("Deployment") if d.status == "cancelled"]
    assert cancelled[-1].description == "Cancelled due to newer version of job"
    assert at.store.allocs[canary.id].desired == "stop"
    assert [a.version for a in at.allocs() if a.is_canary] == [2]


def test_no_parallelism_replaces_all_at_once_without_a_deployment(at: ScriptedCluster) -> None:
    at_once = {"MaxParallel": 0, "Canary": 0, "AutoPromote": False, "AutoRevert": False}
    at.register(with_update(web_job(KEY[1], count=3), **at_once))
    at.run_all()

    at.register(with_update(web_job(KEY[1], count=3, Env={"a": "b"}), **at_once))

    assert [a.version for a in at.allocs()] == [1, 1, 1]
    assert at.store.latest_deployment(KEY) is None


def test_only_the_first_verdict_counts(at: ScriptedCluster) -> None:
    registered(at)
    at.settle()

    at.judge_all(healthy=False)

    assert at.deployment().groups["fn"].unhealthy == 0


def test_reports_of_unknown_instances_are_ignored(at: ScriptedCluster) -> None:
    at.cluster.watcher.take_reports([Report("gone", healthy=True)], at.now_ns)

    assert at.store.allocs == {}


def test_a_group_that_is_no_more_loses_its_instances(at: ScriptedCluster) -> None:
    registered(at)
    at.settle()
    job = web_job(KEY[1])
    job["TaskGroups"][0]["Name"] = "other"

    at.register(job)

    assert [a.group for a in at.allocs()] == ["other"]


def test_what_does_not_fit_is_blocked_and_not_placed(at: ScriptedCluster) -> None:
    job = web_job(KEY[1])
    job["Constraints"] = [{"LTarget": "${attr.kernel.name}", "RTarget": "windows"}]

    at.register(job)

    evaluations = list(at.store.evaluations_of[KEY].values())
    done = next(e for e in evaluations if e.status == "complete")
    blocked = at.store.evaluations[done.blocked_id]
    assert at.allocs() == []
    assert done.failed["fn"]["ConstraintFiltered"] == {"${attr.kernel.name} = windows": 1}
    assert (blocked.status, blocked.queued) == ("blocked", {"fn": 1})
    assert at.job()["Status"] == "pending"
    assert at.deployment().groups["fn"].require_progress_by_ns == 0


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
