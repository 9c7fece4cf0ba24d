"""What is known of functions that are not ready."""

from collections.abc import Mapping
from typing import Any

import pytest

from faas_nomad.model.nomad import TaskEvent
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import (
    alloc_event,
    allocation,
    event,
    job_event,
    job_stub,
    statuses_job,
    whole_job,
)

KEY = JobKey("default", "openfaas-a")


@pytest.fixture
def functions() -> Functions:
    names = Names("openfaas-", "openfaas-fn", "default")
    made = Functions(Picture(read_service), RouteTable(), names, lambda _job: RoutePolicy())
    made.replace(Snapshot(10, [job_stub()], [statuses_job(count=1)], []))
    return made


def evaluation(index: int, failed: Mapping[str, Any] | None, status: str = "complete") -> Any:
    said = {
        "Namespace": "default",
        "JobID": "openfaas-a",
        "Status": status,
        "ModifyIndex": index,
        "FailedTGAllocs": failed,
    }
    return event("Evaluation", "EvaluationUpdated", said, index=index)


def crashed(index: int = 30, alloc_id: str = "x") -> Any:
    alloc = allocation(alloc_id, status="failed", index=index)
    ended: TaskEvent = {"Type": "Terminated", "Details": {"exit_code": "1"}}
    alloc["TaskStates"] = {"fn": {"State": "dead", "Failed": True, "Events": [ended]}}
    return alloc_event(alloc)


UNPLACED = evaluation(20, {"fn": {"NodesEvaluated": 1, "DimensionExhausted": {"memory": 1}}})


def kind(functions: Functions) -> str:
    trouble = functions.standing.trouble(KEY)
    return trouble.kind if trouble else ""


def test_a_placement_that_failed_is_known_until_one_succeeds(functions: Functions) -> None:
    functions.apply(UNPLACED)
    assert kind(functions) == "placement"

    functions.apply(evaluation(25, None))

    assert kind(functions) == ""


def test_an_older_evaluation_and_one_under_way_change_nothing(functions: Functions) -> None:
    functions.apply(UNPLACED)

    functions.apply(evaluation(15, None))
    functions.apply(evaluation(26, None, status="blocked"))

    assert kind(functions) == "placement"


def test_a_crash_is_known_until_the_function_is_ready(functions: Functions) -> None:
    functions.apply(crashed())
    assert kind(functions) == "crash"

    functions.apply(alloc_event(allocation("y", index=40)))
    assert kind(functions) == "crash"
    functions.mark_ready(KEY, "y")  # type: ignore[arg-type]
    assert kind(functions) == ""

    functions.mark_unready(KEY, "y")  # type: ignore[arg-type]
    assert kind(functions) == "", "what is over is not told again"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no stable job version", "Nomad has given up, deploy it again: its process"),
        ("rolling back to job version 0", "its process"),
    ],
)
def test_a_replica_whose_deployment_failed_for_good_is_told_as_given_up(
    functions: Functions, said: str, told: str
) -> None:
    functions.apply(crashed())
    functions.apply(failed_deployment(f"Failed due to progress deadline - {said}"))

    trouble = functions.standing.trouble(KEY)

    assert trouble is not None
    assert (trouble.kind, trouble.text) == ("crash", f"{told} ended with exit code 1")


def test_what_had_failed_for_good_before_the_start_is_told_as_given_up(
    functions: Functions,
) -> None:
    latest = failed_deployment("Failed due to progress deadline")["Payload"]["Deployment"]
    status: Any = {**statuses_job(count=1), "LatestDeployment": latest}
    functions.replace(Snapshot(50, [job_stub()], [status], []))

    functions.apply(crashed(index=60))

    trouble = functions.standing.trouble(KEY)
    assert trouble is not None
    assert trouble.text.startswith("Nomad has given up")


def failed_deployment(said: str) -> Any:
    payload = {
        "ID": "d1",
        "Namespace": "default",
        "JobID": "openfaas-a",
        "JobVersion": 0,
        "Status": "failed",
        "StatusDescription": said,
        "ModifyIndex": 40,
    }
    return event("Deployment", "DeploymentStatusUpdate", payload, index=40)


def test_with_an_update_earlier_troubles_are_over(functions: Functions) -> None:
    functions.apply(crashed())
    changed = whole_job(index=50, version=1)
    changed["Meta"]["new"] = "1"

    functions.apply(job_event(changed, index=50))

    assert kind(functions) == ""


def test_a_function_that_sleeps_or_is_gone_has_none(functions: Functions) -> None:
    functions.apply(crashed())

    functions.apply(job_event(whole_job(index=50, count=0), index=50))
    assert kind(functions) == ""
    functions.apply(job_event(whole_job(index=60, stop=True), index=60))

    assert kind(functions) == ""
    assert list(functions.troubles.told()) == []


def test_what_is_told_of_others_jobs_is_not_kept(functions: Functions) -> None:
    other = allocation("x", "other", status="lost")

    functions.apply(alloc_event(other))

    assert list(functions.troubles.told()) == []


def test_a_replica_that_is_to_stop_is_no_trouble(functions: Functions) -> None:
    functions.apply(alloc_event(allocation("x", status="lost", desired="stop", index=30)))

    assert kind(functions) == ""


def test_what_was_asked_counts_as_what_was_told(functions: Functions) -> None:
    lost = allocation("x", status="lost", index=30)

    functions.learn_troubles([lost], [])

    assert kind(functions) == "node"
