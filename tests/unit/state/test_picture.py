"""The pictures of several regions make one, in which a name stands for one function."""

import pytest

from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from support.job_meta import read_service
from support.nomad_shapes import allocation, job_stub, statuses_job

EAST, WEST = JobKey("default", "openfaas-a"), JobKey("default", "openfaas-a", "west")


@pytest.fixture
def picture() -> Picture:
    return Picture(read_service, ("", "west"))


def snapshot(region: str, *names: str, index: int = 10) -> Snapshot:
    stubs, statuses = [job_stub(name) for name in names], [statuses_job(name) for name in names]
    port = 20001 if region else 20000
    live = [allocation(f"{region}-{name}", name, port=port) for name in names]
    return Snapshot(index, stubs, statuses, live, region=region)


def test_functions_of_all_regions_are_there(picture: Picture) -> None:
    picture.replace(snapshot("", "b"))
    picture.replace(snapshot("west", "a"))

    assert set(picture.jobs) == {JobKey("default", "openfaas-b"), WEST}
    assert list(picture.allocations(WEST)) == ["west-a"]
    assert picture.find_key("default", "openfaas-a") == WEST
    assert picture.find_key("default", "openfaas-c") is None


def test_indexes_of_one_region_mean_nothing_in_another(picture: Picture) -> None:
    picture.replace(snapshot("", "b", index=1_000))
    picture.forget(EAST, 900)

    assert picture.replace(snapshot("west", "a", index=10)) == {WEST}
    assert picture.latest_index("west") == 10
    assert picture.latest_index("") == 1_000


def test_a_region_s_snapshot_leaves_the_others_functions_alone(picture: Picture) -> None:
    picture.replace(snapshot("west", "a"))

    assert picture.replace(snapshot("")) == set()
    assert set(picture.jobs) == {WEST}


def test_what_was_seen_of_regions_is_told(picture: Picture) -> None:
    assert (picture.is_known, picture.unseen_region, picture.is_complete) == (False, "", False)
    picture.replace(snapshot("west"))
    assert (picture.is_known, picture.unseen_region, picture.is_complete) == (False, "", False)
    picture.replace(snapshot(""))
    assert (picture.is_known, picture.unseen_region, picture.is_complete) == (True, None, True)


def test_a_name_that_is_taken_twice_belongs_to_the_region_named_first(picture: Picture) -> None:
    picture.replace(snapshot("west", "a"))

    assert picture.replace(snapshot("", "a")) == {EAST, WEST}
    assert set(picture.jobs) == {EAST}
    assert picture.allocations(WEST) == {}

    assert picture.forget(EAST, 20) == {EAST, WEST}
    assert set(picture.jobs) == {WEST}
    assert list(picture.allocations(WEST)) == ["west-a"]
