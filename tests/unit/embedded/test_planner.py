"""Which instances come and go when a job changes."""

import pytest

from support.embedded_cluster import KEY, ScriptedCluster, names, registered
from support.nomad_job_specs import web_job, with_update


@pytest.fixture
def at() -> ScriptedCluster:
    return ScriptedCluster()


def test_without_canaries_the_old_one_makes_room_first(at: ScriptedCluster) -> None:
    plain = {"Canary": 0, "AutoPromote": False}
    at.register(with_update(web_job(KEY[1], count=2), **plain))
    at.settle()

    at.register(with_update(web_job(KEY[1], count=2, Env={"a": "b"}), **plain))

    assert [a.version for a in at.allocs()] == [1, 0]
    old = next(a for a in at.allocs(live=False) if a.desired == "stop")
    new = at.allocs()[0]
    assert (old.next_id, new.previous_id) == (new.id, old.id)


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


def test_no_parallelism_replaces_all_at_once_without_a_deployment(at: ScriptedCluster) -> None:
    at_once = {"MaxParallel": 0, "Canary": 0, "AutoPromote": False, "AutoRevert": False}
    at.register(with_update(web_job(KEY[1], count=3), **at_once))
    at.run_all()

    at.register(with_update(web_job(KEY[1], count=3, Env={"a": "b"}), **at_once))

    assert [a.version for a in at.allocs()] == [1, 1, 1]
    assert at.store.latest_deployment(KEY) is None


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
