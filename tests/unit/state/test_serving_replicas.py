"""Which replicas get requests, in each stage of a function's life."""

from dataclasses import replace

import pytest

from faas_nomad.model.nomad import AllocID
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.records import AllocationRecord, JobKey, JobRecord, allocation_record
from faas_nomad.state.serving_replicas import serving
from support.nomad_shapes import allocation

ALL = frozenset(AllocID(name) for name in "abcdef")


def job(count: int = 1, version: int = 0) -> JobRecord:
    fn = FunctionDeployment(service="a", image="i")
    history = tuple((known, known) for known in range(version, -1, -1))
    return JobRecord(
        key=JobKey("default", "openfaas-a"),
        fn=fn,
        created_ns=0,
        count=count,
        version=version,
        job_modify_index=1,
        content=version,
        history=history,
    )


def replica(
    id_: str,
    version: int = 0,
    *,
    healthy: bool | None = None,
    canary: bool = False,
    status: str = "running",
    desired: str = "run",
) -> AllocationRecord:
    alloc = allocation(id_, healthy=healthy, canary=canary, status=status, desired=desired)
    return allocation_record(alloc, version)


def ids(found: list[AllocationRecord]) -> str:
    return "".join(alloc.id for alloc in found)


def test_a_ready_replica_is_called_before_nomad_gave_its_verdict() -> None:
    assert ids(serving(job(), [replica("a")], ALL)) == "a"


def test_a_replica_that_did_not_answer_a_probe_is_not_called() -> None:
    assert serving(job(), [replica("a")], ready=()) == []


def test_a_sleeping_function_has_no_replica_even_while_the_last_one_stops() -> None:
    assert serving(job(count=0), [replica("a")], ALL) == []


@pytest.mark.parametrize(
    "left_out",
    [
        replica("b", desired="stop"),
        replace(replica("b", status="pending"), has_run=True),
        replica("b", healthy=False),
        replica("b", canary=True),
    ],
    ids=["told to stop", "between two runs", "found unhealthy", "a canary without verdict"],
)
def test_a_replica_that_may_fail_is_left_out(left_out: AllocationRecord) -> None:
    assert ids(serving(job(count=2), [replica("a"), left_out], ALL)) == "a"


def test_old_and_new_are_called_together_while_the_new_version_lacks_replicas() -> None:
    replicas = [replica("a"), replica("b"), replica("c", 1, healthy=True, canary=True)]

    assert ids(serving(job(count=2, version=1), replicas, ALL)) == "abc"


def test_the_old_version_is_not_called_once_the_new_one_is_complete() -> None:
    replicas = [replica("a"), replica("b", 1, healthy=True, canary=True)]

    assert ids(serving(job(count=1, version=1), replicas, ALL)) == "b"


def test_a_function_scaled_down_is_served_by_all_until_nomad_stops_some() -> None:
    assert ids(serving(job(count=1), [replica("a"), replica("b")], ALL)) == "ab"
