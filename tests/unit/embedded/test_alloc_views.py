"""Allocations as the API gives them."""

import json
from dataclasses import replace

import pytest

from faas_nomad.embedded.alloc_views import alloc_in_event, alloc_stub, alloc_whole
from faas_nomad.embedded.records import Alloc, Port, TaskEvent, TaskState
from support.embedded_cluster import NODE, ScriptedCluster


@pytest.fixture
def alloc() -> Alloc:
    at = ScriptedCluster()
    at.register()
    at.settle()
    return at.allocs()[0]


def test_a_stub_has_ports_and_states_when_asked(alloc: Alloc) -> None:
    bare = alloc_stub(alloc, NODE, with_states=False)
    full = alloc_stub(alloc, NODE, with_resources=True)

    assert "AllocatedResources" not in bare
    assert bare["TaskStates"] is None
    assert full["AllocatedResources"]["Shared"]["Ports"] == [
        {"HostIP": "127.0.0.1", "Label": "http", "Value": alloc.ports[0].value}
    ]
    assert full["TaskStates"]["fn"]["State"] == "running"
    assert (full["JobVersion"], full["DesiredDescription"], full["NextAllocation"]) == (0, "", "")


def test_an_event_has_neither_job_nor_empty_fields(alloc: Alloc) -> None:
    told = alloc_in_event(alloc, NODE)

    assert not {"Job", "JobVersion", "DesiredDescription", "NextAllocation"} & set(told)
    assert told["DeploymentID"] == alloc.deployment_id
    assert alloc_whole(alloc, NODE)["Job"]["ID"] == alloc.job_id


def test_a_port_inside_is_told_when_there_is_one(alloc: Alloc) -> None:
    mapped = replace(alloc, ports=(Port("http", 20_500, 8080),))

    shared = alloc_stub(mapped, NODE, with_resources=True)["AllocatedResources"]["Shared"]

    assert shared["Ports"][0]["To"] == 8080
    assert shared["Networks"][0]["DynamicPorts"][0]["Value"] == 20_500


def test_a_group_without_ports_has_none(alloc: Alloc) -> None:
    shared = alloc_stub(replace(alloc, ports=()), NODE, with_resources=True)["AllocatedResources"]

    assert shared["Shared"]["Ports"] is None


def test_a_task_event_carries_its_details(alloc: Alloc) -> None:
    event = TaskEvent("Terminated", "Exit Code: 3", 5, {"ExitCode": 3})
    dead = TaskState("dead", failed=True, started_ns=1, finished_ns=2, events=(event,))

    stub = alloc_stub(replace(alloc, task_states={"fn": dead}), NODE)
    state = json.loads(json.dumps(stub))["TaskStates"]["fn"]

    assert (state["State"], state["Failed"]) == ("dead", True)
    assert state["StartedAt"] == "1970-01-01T00:00:00.000000001Z"
    assert state["LastRestart"] is None
    (told,) = state["Events"]
    assert (told["Type"], told["ExitCode"], told["Signal"]) == ("Terminated", 3, 0)
