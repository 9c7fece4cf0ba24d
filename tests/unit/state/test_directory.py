"""A name leads to a job in whatever region it is, and a job to its name."""

import pytest

from faas_nomad.state.directory import Directory
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import job_stub, statuses_job

A, B = JobKey("default", "openfaas-a"), JobKey("default", "openfaas-b", "west")
ABSENT = JobKey("default", "openfaas-c")


@pytest.fixture
def directory() -> Directory:
    picture = Picture(read_service, ("", "west"))
    picture.replace(Snapshot(10, [job_stub("b")], [statuses_job("b")], [], region="west"))
    picture.replace(Snapshot(10, [job_stub("a")], [statuses_job("a")], []))
    return Directory(picture, Names("openfaas-", "openfaas-fn", "default"))


@pytest.mark.parametrize("spelling", ["b", "b.openfaas-fn", "b.default"])
def test_every_spelling_leads_to_the_job_in_its_region(directory: Directory, spelling: str) -> None:
    assert directory.key_by_name(spelling) == B


def test_a_name_that_nothing_has_stands_for_a_job_of_the_own_region(directory: Directory) -> None:
    assert directory.key_by_name("c") == ABSENT
    assert directory.key_of_service("b", "team") == JobKey("team", "openfaas-b")
    assert directory.find(ABSENT) is None


def test_the_holder_of_a_job_s_name_may_be_in_another_region(directory: Directory) -> None:
    assert directory.holder_of_name(B._replace(region="")) == B
    assert directory.holder_of_name(ABSENT) == ABSENT


def test_a_namespace_s_functions_come_in_the_order_of_their_names(directory: Directory) -> None:
    assert [job.key for job in directory.in_namespace("default")] == [A, B]
    assert directory.in_namespace("team") == []


def test_a_function_is_named_with_its_openfaas_namespace(directory: Directory) -> None:
    assert directory.function_name(B) == "b.openfaas-fn"
    assert directory.function_name(JobKey("team", "openfaas-b")) == "b.team"
    assert directory.spellings(JobKey("team", "openfaas-b")) == ("b.team",)
