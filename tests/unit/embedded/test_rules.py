"""What is objected to in a job, in Nomad's texts."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from faas_nomad.embedded.defaults import SECOND_NS, canonical_job
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.rules import check_job, objections
from support.nomad_job_specs import web_job

Change = Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], Any]


def found(change: Change) -> str:
    job = web_job("x")
    group = job["TaskGroups"][0]
    change(job, group, group["Tasks"][0])
    return "".join(objections(canonical_job(job, "default")))


def test_a_good_job_meets_no_objection() -> None:
    assert objections(canonical_job(web_job("x"), "default")) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda j, g, t: j.update(ID=""), "Missing job ID"),
        (lambda j, g, t: j.update(ID="a\0b"), "contains a null character"),
        (lambda j, g, t: j.update(Type="foo"), 'Invalid job type: "foo"'),
        (lambda j, g, t: j.update(Type="batch"), 'jobs of type "service" only'),
        (lambda j, g, t: j["TaskGroups"].append(copy.deepcopy(g)), "redefines 'fn' from group 1"),
        (lambda j, g, t: g.update(Name=""), "Job task group 1 missing name"),
        (lambda j, g, t: g.update(Tasks=[]), "Missing tasks for task group"),
        (lambda j, g, t: t.update(Name=""), "Missing task name"),
        (lambda j, g, t: t.update(Name="../x"), "cannot be the name of a folder"),
        (lambda j, g, t: t.update(Lifecycle={"Hook": "prestart"}), "no task with a Lifecycle"),
        (lambda j, g, t: t["Resources"].update(CPU=0), "minimum CPU value is 1; got 0"),
        (
            lambda j, g, t: g.update(EphemeralDisk={"SizeMB": 5}),
            "minimum DiskMB value is 10; got 5",
        ),
        (lambda j, g, t: g["Update"].update(HealthCheck="zz"), 'Invalid health check given: "zz"'),
        (
            lambda j, g, t: g["Update"].update(Canary=0),
            "Auto Promote requires a Canary count greater than zero",
        ),
        (
            lambda j, g, t: g["Update"].update(ProgressDeadline=SECOND_NS),
            "Healthy deadline must be less than progress deadline: 20s > 1s",
        ),
        (
            lambda j, g, t: t.update(KillTimeout=90 * SECOND_NS),
            "KillTimout (1m30s) longer than the group's ProgressDeadline (30s)",
        ),
        (lambda j, g, t: g["RestartPolicy"].update(Mode="zz"), 'Unsupported restart mode: "zz"'),
        (lambda j, g, t: g["RestartPolicy"].update(Interval=1), "Interval can not be less than 5s"),
        (
            lambda j, g, t: g["RestartPolicy"].update(Attempts=200),
            "restart the TaskGroup 200 times in an interval of 1m0s with a delay of 500ms",
        ),
        (
            lambda j, g, t: g["Networks"][0]["DynamicPorts"].append({"Label": "http"}),
            "Port label http already in use by taskgroup network",
        ),
        (lambda j, g, t: g["Services"][0].update(Name="a_b"), "must be valid per RFC 1123"),
        (
            lambda j, g, t: g["Services"][0]["Checks"][0].update(Type="script"),
            'invalid check type ("script"), must be one of tcp, http',
        ),
        (
            lambda j, g, t: g["Services"][0]["Checks"][0].update(Interval=1),
            "interval (1ns) cannot be lower than 1s",
        ),
        (
            lambda j, g, t: g.update(Scaling={"Min": 2, "Max": 3}),
            "must not be less than minimum count",
        ),
        (
            lambda j, g, t: t.update(Templates=[{"DestPath": "../x", "EmbeddedTmpl": "x"}]),
            "destination escapes allocation directory",
        ),
        (
            lambda j, g, t: t.update(
                Templates=[{"DestPath": "x", "EmbeddedTmpl": "x", "ChangeMode": "zz"}]
            ),
            "Invalid change mode. Must be one of the following: noop, signal, script, restart",
        ),
        (lambda j, g, t: t.update(Artifacts=[{}]), "source must be specified"),
        (
            lambda j, g, t: t.update(
                Artifacts=[{"GetterSource": "x", "GetterOptions": {"checksum": "foo"}}]
            ),
            'checksum must be given as "type:value"; got "foo"',
        ),
        (
            lambda j, g, t: j.update(Constraints=[{"Operand": "zz"}]),
            'Constraint 1 validation failed: 1 error occurred:\n\t* Unknown constraint type "zz"',
        ),
        (
            lambda j, g, t: j.update(Affinities=[{"Weight": 0}]),
            "Affinity 1 validation failed: 1 error occurred:\n\t* Affinity weight cannot be zero",
        ),
    ],
)
def test_an_objection_is_found(change: Change, text: str) -> None:
    assert text in found(change)


def test_objections_are_nested_as_nomad_nests_them() -> None:
    assert found(lambda j, g, t: t["Resources"].update(MemoryMB=1)) == (
        "Task group fn validation failed: 1 error occurred:\n\t* Task fn validation failed: "
        "1 error occurred:\n\t* 1 error occurred:\n\t* 1 error occurred:\n\t* "
        "minimum MemoryMB value is 10; got 1\n\n\n\n\n\n\n\n"
    )


def test_several_objections_are_counted() -> None:
    job = canonical_job({**web_job("x"), "ID": "a b", "Priority": 0}, "default")
    with pytest.raises(ApiError) as caught:
        check_job(job, {"default": {}}, frozenset(("default",)))
    assert str(caught.value).startswith("2 errors occurred:\n\t* Job ID contains a space\n\t* job")


def test_a_service_name_may_be_interpolated() -> None:
    assert not found(lambda j, g, t: g["Services"][0].update(Name="${NOMAD_JOB_NAME}-x"))
