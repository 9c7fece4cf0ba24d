"""Canaries: placed beside the old instances, promoted, or taken away."""

import pytest

from faas_nomad.embedded.errors import ApiError
from support.embedded_cluster import KEY, ScriptedCluster, names, registered
from support.nomad_job_specs import web_job, with_update


@pytest.fixture
def at() -> ScriptedCluster:
    return ScriptedCluster()


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
