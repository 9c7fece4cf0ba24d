"""The stand-in's tables: indexes, events and what the node is told."""

from support.embedded_cluster import KEY, ScriptedCluster
from support.nomad_job_specs import web_job


def test_a_write_stamps_its_index_on_rows_tables_and_events() -> None:
    at = ScriptedCluster()
    at.register(web_job(KEY[1], count=0))

    job = at.job()
    batches = at.store.events.read_from(0)
    assert batches is not None
    index, events = batches[0]
    assert index == job["JobModifyIndex"] == job["CreateIndex"] == 2
    assert {event.index for event in events} == {2}
    assert at.store.table_index["allocs"] == 1


def test_an_amended_job_keeps_its_job_index() -> None:
    at = ScriptedCluster()
    at.register()

    assert at.job()["ModifyIndex"] > at.job()["JobModifyIndex"]
    assert len(at.store.versions[KEY]) == 1


def test_what_the_node_reports_is_not_sent_back_to_it() -> None:
    at = ScriptedCluster()
    at.register()
    at.store.take_touched()

    at.run_all()

    assert at.store.take_touched() == {}
    (alloc,) = at.allocs()
    assert alloc.modify_index > alloc.alloc_modify_index == alloc.create_index


def test_an_allocations_event_names_job_and_deployment() -> None:
    at = ScriptedCluster()
    at.register()

    batches = at.store.events.read_from(0) or []
    event = next(e for _, events in batches for e in events if e.topic == "Allocation")
    assert event.filter_keys == (KEY[1], at.deployment().id)
    assert event.key == at.allocs()[0].id


def test_old_deployments_and_evaluations_are_forgotten() -> None:
    at = ScriptedCluster()
    for number in range(40):
        at.register(web_job(KEY[1], Env={"n": str(number)}))

    assert len(at.store.deployments) == len(at.store.deployments_of[KEY]) == 10
    assert len(at.store.evaluations) == len(at.store.evaluations_of[KEY]) == 20


def test_looking_for_an_unknown_job_leaves_no_trace() -> None:
    at = ScriptedCluster()

    assert at.store.job(("a", "b")) is None
    assert at.store.latest_deployment(("a", "b")) is None
    assert at.store.deployments_of == {}
