"""Registering and removing jobs in the stand-in's state machine."""

import pytest

from faas_nomad.embedded.errors import ApiError
from support.embedded_cluster import KEY, ScriptedCluster
from support.nomad_job_specs import web_job


@pytest.fixture
def at() -> ScriptedCluster:
    return ScriptedCluster()


def test_a_new_job_is_placed_at_once(at: ScriptedCluster) -> None:
    at.register(web_job(KEY[1], count=2))

    assert [a.name for a in at.allocs()] == ["openfaas-x.fn[0]", "openfaas-x.fn[1]"]
    assert {a.ports[0].label for a in at.allocs()} == {"http"}
    assert len({a.ports[0].value for a in at.allocs()}) == 2
    assert at.job()["Status"] == "running"
    assert at.store.take_touched() == {a.id: False for a in at.allocs()}


def test_the_reply_has_the_jobs_index(at: ScriptedCluster) -> None:
    reply = at.cluster.register({"Job": web_job(KEY[1])}, "", at.now_ns)

    assert reply["JobModifyIndex"] == at.job()["JobModifyIndex"] == reply["EvalCreateIndex"]
    assert at.store.evaluations[reply["EvalID"]].status == "complete"


@pytest.mark.parametrize(
    ("present", "expected", "text"),
    [
        (True, 0, "job already exists"),
        (True, 99, "conflicting job modify index"),
        (False, 7, "job does not exist"),
    ],
)
def test_an_enforced_index_must_match(
    at: ScriptedCluster, present: bool, expected: int, text: str
) -> None:
    if present:
        at.register()

    with pytest.raises(ApiError, match=text) as caught:
        at.register(EnforceIndex=True, JobModifyIndex=expected)
    assert caught.value.status == 500


def test_an_enforced_index_that_matches_is_let_through(at: ScriptedCluster) -> None:
    index = at.register(EnforceIndex=True, JobModifyIndex=0)

    changed = at.register(web_job(KEY[1], count=3), EnforceIndex=True, JobModifyIndex=index)

    assert changed > index
    assert at.job()["Version"] == 1


def test_the_same_job_again_keeps_version_and_index(at: ScriptedCluster) -> None:
    assert at.register() == at.register()
    assert at.job()["Version"] == 0


def test_counts_can_be_kept(at: ScriptedCluster) -> None:
    at.register(web_job(KEY[1], count=3))

    at.register(web_job(KEY[1], count=1, Env={"a": "b"}), PreserveCounts=True)

    assert at.job()["TaskGroups"][0]["Count"] == 3


def test_six_versions_are_kept(at: ScriptedCluster) -> None:
    for number in range(9):
        at.register(web_job(KEY[1], count=0, Env={"n": str(number)}))

    assert [job["Version"] for job in at.store.versions[KEY]] == [8, 7, 6, 5, 4, 3]


def test_a_stop_keeps_the_job_and_ends_its_instances(at: ScriptedCluster) -> None:
    at.register()
    at.settle()

    reply = at.cluster.deregister(KEY, purge=False, now_ns=at.now_ns)
    at.run_all()

    assert reply["EvalID"]
    assert (at.job()["Stop"], at.job()["Status"], at.job()["Version"]) == (True, "dead", 1)
    assert [a.client for a in at.allocs(live=False)] == ["complete"]


def test_a_stop_cancels_the_rollout(at: ScriptedCluster) -> None:
    at.register()

    at.cluster.deregister(KEY, purge=False, now_ns=at.now_ns)

    assert at.deployment().status == "cancelled"
    assert at.deployment().description == "Cancelled because job is stopped"


def test_a_second_stop_changes_nothing(at: ScriptedCluster) -> None:
    at.register()
    at.cluster.deregister(KEY, purge=False, now_ns=at.now_ns)
    at.cluster.deregister(KEY, purge=False, now_ns=at.now_ns)

    assert at.job()["Version"] == 1


def test_a_purge_forgets_all_and_tells_only_of_the_job(at: ScriptedCluster) -> None:
    at.register()
    at.settle()
    allocs = at.allocs()
    at.store.take_touched()
    end = at.store.events.end

    at.cluster.deregister(KEY, purge=True, now_ns=at.now_ns)

    told = at.store.events.read_from(end)
    assert told is not None
    assert [(e.topic, e.kind) for _, events in told for e in events] == [("Job", "JobDeregistered")]
    assert (at.store.job(KEY), at.store.allocs, at.store.deployments) == (None, {}, {})
    assert at.store.take_touched() == {a.id: False for a in allocs}


def test_a_stop_at_once_hurries_the_instances(at: ScriptedCluster) -> None:
    at.register()
    (alloc,) = at.allocs()
    at.store.take_touched()

    at.cluster.deregister(KEY, purge=True, now_ns=at.now_ns, at_once=True)

    assert at.store.take_touched() == {alloc.id: True}


def test_an_unknown_job_is_removed_without_an_evaluation(at: ScriptedCluster) -> None:
    reply = at.cluster.deregister(KEY, purge=True, now_ns=at.now_ns)

    assert (reply["EvalID"], reply["JobModifyIndex"]) == ("", 0)


@pytest.mark.parametrize(
    ("posted", "status", "text"),
    [
        ({}, 400, "Job must be specified"),
        ({"Job": {}}, 400, "Job ID hasn't been provided"),
        ({"Job": {"ID": "x", "Region": "mars"}}, 500, "No path to region"),
        ({"Job": web_job("x", namespace="nope")}, 500, 'nonexistent namespace "nope"'),
    ],
)
def test_a_job_that_is_none_is_refused(
    at: ScriptedCluster, posted: dict[str, object], status: int, text: str
) -> None:
    with pytest.raises(ApiError, match=text) as caught:
        at.cluster.register(posted, "", at.now_ns)
    assert caught.value.status == status


def test_the_querys_namespace_wins(at: ScriptedCluster) -> None:
    at.cluster.namespaces.put("of-a", {"Name": "of-a"})

    at.cluster.register({"Job": web_job(KEY[1])}, "of-a", at.now_ns)

    assert list(at.store.versions) == [("of-a", KEY[1])]


def test_a_namespace_in_use_says_by_what(at: ScriptedCluster) -> None:
    at.cluster.namespaces.put("of-a", {"Name": "of-a"})
    at.cluster.register({"Job": web_job(KEY[1], namespace="of-a")}, "", at.now_ns)
    at.cluster.variables.put(("of-a", "x"), {"k": "v"}, None, at.now_ns)

    with pytest.raises(ApiError) as caught:
        at.cluster.delete_namespace("of-a")
    for use in ("non-terminal jobs", "non-terminal allocations", "variables"):
        assert use in str(caught.value)


def test_ended_instances_are_forgotten_after_a_while(at: ScriptedCluster) -> None:
    for count in (0, 30, 0, 30, 0):
        at.register(web_job(KEY[1], count=count))
        at.run_all()

    assert len(at.allocs(live=False)) == 20
