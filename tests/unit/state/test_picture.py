"""The pictures of several regions make one, in which a name stands for one function."""

from collections.abc import Mapping

import pytest

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region_picture import Snapshot
from faas_nomad.translate.names import Names
from support.wire import allocation, job_stub, statuses_job

EAST, WEST = JobKey("default", "openfaas-a"), JobKey("default", "openfaas-a", "west")


def read_meta(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int] | None:
    return FunctionDeployment(service=meta["service"]), 0


@pytest.fixture
def picture() -> Picture:
    return Picture(read_meta, ("", "west"))


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
    assert not picture.is_complete
    picture.replace(snapshot("west"))
    assert (picture.known, picture.is_complete) == ({"west"}, False)
    picture.replace(snapshot(""))
    assert picture.is_complete


def test_a_name_that_is_taken_twice_belongs_to_the_region_named_first(picture: Picture) -> None:
    picture.replace(snapshot("west", "a"))

    assert picture.replace(snapshot("", "a")) == {EAST, WEST}
    assert set(picture.jobs) == {EAST}
    assert picture.allocations(WEST) == {}

    assert picture.forget(EAST, 20) == {EAST, WEST}
    assert set(picture.jobs) == {WEST}
    assert list(picture.allocations(WEST)) == ["west-a"]


def test_the_route_of_a_name_leads_to_the_region_that_has_it(picture: Picture) -> None:
    table = RouteTable()
    names = Names("openfaas-", "openfaas-fn", "default")
    functions = Functions(picture, table, names, lambda _job: RoutePolicy())
    functions.replace(snapshot("west", "a"))
    functions.mark_ready(WEST, next(iter(picture.allocations(WEST))))
    assert ids(table) == ["west-a"]

    functions.replace(snapshot("", "a"))
    assert ids(table) == []
    functions.mark_ready(EAST, next(iter(picture.allocations(EAST))))
    assert ids(table) == ["-a"]

    functions.forget(EAST, 20)
    functions.mark_ready(WEST, next(iter(picture.allocations(WEST))))
    assert ids(table) == ["west-a"]


def ids(table: RouteTable) -> list[str]:
    route = table.find("a")
    assert route is not None
    return [endpoint.id for endpoint in route.endpoints]
