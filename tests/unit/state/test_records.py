"""What is kept of Nomad's jobs and allocations."""

from dataclasses import replace

import pytest

from faas_nomad.model.nomad import PlacedPort
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.records import (
    MAX_HISTORY,
    UNKNOWN_VERSION,
    JobKey,
    JobRecord,
    allocation_record,
    history_with,
    job_count,
)
from support.nomad_shapes import allocation

JOB = JobRecord(JobKey("default", "openfaas-a"), FunctionDeployment(service="a"), 0, 1, 5, 10)


def port(label: str, value: int) -> PlacedPort:
    return {"Label": label, "Value": value, "To": 0, "HostIP": "10.0.0.1"}


def address_of(*ports: PlacedPort) -> tuple[str, int, str]:
    alloc = allocation("x")
    alloc["AllocatedResources"] = {"Shared": {"Ports": list(ports)}}
    record = allocation_record(alloc, 1)
    return record.host, record.port, record.mesh_service


def test_a_replica_is_at_its_port_named_http() -> None:
    assert address_of(port("admin", 1), port("http", 2)) == ("10.0.0.1", 2, "")


def test_in_the_mesh_it_is_at_its_sidecar_s_port() -> None:
    found = address_of(port("http", 2), port("connect-proxy-openfaas-a", 3))

    assert found == ("10.0.0.1", 3, "openfaas-a")


def test_until_nomad_gives_it_a_port_it_has_no_address_and_is_not_alive() -> None:
    alloc = allocation("x")
    alloc["AllocatedResources"] = None

    assert address_of() == ("", 0, "")
    assert not allocation_record(alloc, 1).alive


@pytest.mark.parametrize(
    ("status", "desired", "has_run", "alive"),
    [
        ("running", "run", True, True),
        ("pending", "run", False, True),
        ("pending", "run", True, False),
        ("running", "stop", True, False),
        ("unknown", "run", True, False),
    ],
)
def test_alive_is_what_may_be_up_and_is_to_stay(
    status: str, desired: str, has_run: bool, alive: bool
) -> None:
    record = allocation_record(allocation("x", status=status, desired=desired), 1)

    assert replace(record, has_run=has_run).alive == alive


def test_the_version_that_nomad_gives_wins() -> None:
    assert allocation_record(allocation("x", version=7), 3).version == 7
    assert allocation_record(allocation("x"), 3).version == 3


def test_a_stopped_job_has_no_replicas_whatever_its_count() -> None:
    groups = [{"Count": 2}, {"Count": None}, {"Count": 1}]

    assert job_count({"TaskGroups": groups}) == 3
    assert job_count({"TaskGroups": groups, "Stop": True}) == 0
    assert job_count({"TaskGroups": None}) == 0


def test_versions_with_the_content_of_now_are_current() -> None:
    job = replace(JOB, content=1, history=((5, 1), (4, 2), (3, 1)))

    assert job.current_versions == {5, 3}


def test_a_history_is_newest_first_bounded_and_without_what_is_unknown() -> None:
    history: tuple[tuple[int, int], ...] = ()
    for version in range(MAX_HISTORY + 2):
        history = history_with(version, 0, history)

    assert len(history) == MAX_HISTORY
    assert history[0][0] == MAX_HISTORY + 1
    assert history_with(UNKNOWN_VERSION, 1, history) == history
    assert history_with(history[3][0], 1, history)[0] == (history[3][0], 1)
