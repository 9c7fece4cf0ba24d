"""Plans for single situations that the rollouts do not show."""

from dataclasses import replace
from typing import Any

import pytest

from faas_nomad.embedded.group_plan import Situation
from faas_nomad.embedded.reconcile import plan_group
from faas_nomad.embedded.records import Alloc
from support.embedded_cluster import KEY, ScriptedCluster
from support.nomad_job_specs import web_job


def situation(count: int, allocs: list[Alloc], job: dict[str, Any], **more: Any) -> Situation:
    group = {**job["TaskGroups"][0], "Count": count}
    fields = {"deployment": None, "fits": lambda _job: True, "now_ns": 0, **more}
    return Situation(job, group, tuple(allocs), **fields)


@pytest.fixture
def at() -> ScriptedCluster:
    scripted = ScriptedCluster()
    scripted.register(web_job(KEY[1], count=3))
    scripted.settle()
    return scripted


def test_nothing_to_do_is_an_empty_plan(at: ScriptedCluster) -> None:
    plan = plan_group(situation(3, at.allocs(), at.job(), deployment=at.deployment()))

    assert (plan.stop, plan.place, plan.in_place, plan.starts_deployment) == ((), (), (), False)


def test_a_gap_in_the_names_is_filled(at: ScriptedCluster) -> None:
    first, _, last = at.allocs()

    plan = plan_group(situation(4, [first, last], at.job(), deployment=at.deployment()))

    assert [p.name for p in plan.place] == ["openfaas-x.fn[1]", "openfaas-x.fn[3]"]


def test_instances_that_the_node_cannot_keep_are_replaced(at: ScriptedCluster) -> None:
    job = {**at.job(), "Version": 1, "JobModifyIndex": 999, "Priority": 60}

    plan = plan_group(situation(3, at.allocs(), job, fits=lambda _job: False))

    assert plan.in_place == ()
    assert [p.canary for p in plan.place] == [True]


def test_the_next_look_is_at_the_earliest_replacement(at: ScriptedCluster) -> None:
    early, late, fine = at.allocs()
    allocs = [
        replace(early, client="failed", failed_ns=10),
        replace(late, client="failed", failed_ns=20),
        fine,
    ]

    plan = plan_group(situation(3, allocs, at.job(), deployment=at.deployment()))

    assert plan.next_look_ns == 10 + 5 * 10**9
    assert plan.place == ()


def test_an_ended_instance_of_a_stopped_job_needs_nothing(at: ScriptedCluster) -> None:
    ended = [replace(a, desired="stop", client="complete") for a in at.allocs()]

    assert plan_group(situation(3, ended, {**at.job(), "Stop": True})).stop == ()
