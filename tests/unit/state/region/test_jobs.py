"""A job of Nomad's is read as a function, and the newer of two answers wins."""

from dataclasses import replace

import pytest

from faas_nomad.state.records import UNKNOWN_VERSION, JobKey, JobRecord
from faas_nomad.state.region.jobs import JobReader, is_news
from support.job_meta import read_service
from support.nomad_shapes import job_stub, statuses_job, whole_job

KEY = JobKey("default", "openfaas-a")


def record(index: int = 10, version: int = 3) -> JobRecord:
    found = JobReader(read_service).from_job(KEY, whole_job(count=2), version, index, None)
    assert found is not None
    return found


def test_lists_and_whole_jobs_tell_the_same() -> None:
    stub, status = job_stub(index=10), statuses_job(count=2, version=3)

    assert JobReader(read_service).from_stub(KEY, stub, status, None) == record()


def test_what_is_no_function_is_not_read() -> None:
    reader, status = JobReader(read_service), statuses_job()
    other = job_stub()
    other["Meta"] = None

    assert reader.from_stub(KEY, other, status, None) is None
    assert reader.from_stub(KEY, job_stub(stop=True), status, None) is None
    assert reader.from_stub(KEY, job_stub(), None, None) is None


def test_versions_are_remembered_from_what_was_known() -> None:
    later = JobReader(read_service).from_job(KEY, whole_job(count=5), 4, 11, record())

    assert later is not None
    assert later.current_versions == {3, 4}


@pytest.mark.parametrize(
    ("index", "version", "news"),
    [
        (9, 2, False),
        (10, 3, True),
        (11, 4, True),
        (10, UNKNOWN_VERSION, False),
        (11, UNKNOWN_VERSION, True),
    ],
)
def test_the_newer_answer_wins_and_our_own_write_only_before_its_event(
    index: int, version: int, news: bool
) -> None:
    assert is_news(replace(record(), job_modify_index=index, version=version), record()) == news
    assert is_news(record(index, version), None)
