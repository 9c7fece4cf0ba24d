"""A deployment's figures."""

from dataclasses import replace

import pytest

from faas_nomad.embedded import rollout
from support.embedded_cluster import ScriptedCluster

S = 1_000_000_000


@pytest.fixture
def at() -> ScriptedCluster:
    scripted = ScriptedCluster()
    scripted.register()
    return scripted


def test_placing_starts_the_clock_once(at: ScriptedCluster) -> None:
    group = at.deployment().groups["fn"]
    assert group.require_progress_by_ns == at.now_ns + 30 * S

    later = rollout.with_placed(group, at.allocs(), at.now_ns + S)

    assert (later.placed, later.require_progress_by_ns) == (2, group.require_progress_by_ns)


def test_no_progress_deadline_means_no_clock(at: ScriptedCluster) -> None:
    group = replace(at.deployment().groups["fn"], progress_deadline_ns=0, require_progress_by_ns=0)
    deployment = replace(at.deployment(), groups={"fn": group})

    moved = rollout.with_verdict(deployment, at.allocs()[0], True, 5 * S)

    assert rollout.with_placed(group, at.allocs(), S).require_progress_by_ns == 0
    assert moved.groups["fn"].require_progress_by_ns == 0
    assert rollout.next_deadline_ns(moved) is None
    assert not rollout.is_overdue(moved, 10**30)


def test_a_bad_verdict_does_not_move_the_clock(at: ScriptedCluster) -> None:
    before = at.deployment()

    after = rollout.with_verdict(before, at.allocs()[0], False, at.now_ns + S)

    assert after.groups["fn"].unhealthy == 1
    assert rollout.next_deadline_ns(after) == rollout.next_deadline_ns(before)


def test_an_ended_deployment_has_no_deadline(at: ScriptedCluster) -> None:
    ended = rollout.succeeded(at.deployment())

    assert rollout.next_deadline_ns(ended) is None
    assert not rollout.is_overdue(ended, 10**30)
    assert not rollout.is_complete(ended)
    assert not rollout.should_promote(ended, [])
