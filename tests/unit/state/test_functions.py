"""Every change brings routes up to date and is told to whoever listens, once they are."""

import pytest

from faas_nomad.model.nomad import AllocID
from faas_nomad.state.endpoints import Route, RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.nearness import Nearness
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import (
    alloc_event,
    allocation,
    job_event,
    job_stub,
    statuses_job,
    whole_job,
)

EAST, WEST = JobKey("default", "openfaas-a"), JobKey("default", "openfaas-a", "west")
X = AllocID("x")


@pytest.fixture
def functions() -> Functions:
    return Functions(
        Picture(read_service, ("", "west")),
        RouteTable(is_known=False),
        Names("openfaas-", "openfaas-fn", "default"),
        lambda _job: RoutePolicy(),
        nearness=Nearness("dc1"),
    )


def snapshot(region: str, alloc_id: str, *names: str) -> Snapshot:
    stubs, statuses = [job_stub(name) for name in names], [statuses_job(name) for name in names]
    port = 20001 if region else 20000
    live = [allocation(alloc_id, name, healthy=True, version=0, port=port) for name in names]
    return Snapshot(10, stubs, statuses, live, region=region)


def route(functions: Functions) -> Route:
    found = functions.table.find("a")
    assert found is not None
    return found


def ids(functions: Functions) -> list[str]:
    return [endpoint.id for endpoint in route(functions).endpoints]


def test_the_route_of_a_name_leads_to_the_region_that_has_it(functions: Functions) -> None:
    functions.replace(snapshot("west", "w", "a"))
    assert ids(functions) == ["w"]

    functions.replace(snapshot("", "e", "a"))
    assert ids(functions) == ["e"]

    functions.forget(EAST, 20)
    functions.mark_ready(WEST, AllocID("w"))
    assert ids(functions) == ["w"]


def test_routes_are_complete_once_all_regions_were_seen(functions: Functions) -> None:
    functions.replace(snapshot("", "x", "a"))
    assert not functions.table.is_known

    functions.replace(snapshot("west", "w"))

    assert functions.table.is_known


def test_listeners_find_the_route_as_it_is_from_now_on(functions: Functions) -> None:
    seen: list[tuple[JobKey, list[str]]] = []
    functions.replace(snapshot("", "x", "a"))
    functions.listeners.append(lambda key: seen.append((key, ids(functions))))

    functions.mark_unready(EAST, X)
    functions.mark_ready(EAST, X)
    functions.apply(alloc_event(allocation("x", status="failed", index=30)))

    assert seen == [(EAST, []), (EAST, ["x"]), (EAST, [])]


def test_our_own_writes_are_seen_at_once(functions: Functions) -> None:
    functions.write_through(whole_job(count=3), 15)
    assert route(functions).replicas == 3

    functions.forget(EAST, 16)
    assert functions.table.find("a") is None


@pytest.mark.parametrize("is_deployed_anew", [False, True])
def test_who_may_listen_still_where_a_removed_function_was_is_remembered(
    functions: Functions, is_deployed_anew: bool
) -> None:
    """Also when the removal, by another instance, is told after our own new deployment."""
    functions.replace(snapshot("", "x", "a"))
    if is_deployed_anew:
        functions.write_through(whole_job(index=31), 31)

    functions.apply(job_event(whole_job(), index=30, kind="JobDeregistered"))

    assert (functions.find(EAST) is not None) is is_deployed_anew
    assert functions.live_replicas.unvacated == {("10.0.0.1", 20000)}


def test_a_function_is_held_until_it_was_released_as_often(functions: Functions) -> None:
    functions.replace(snapshot("", "x", "a"))
    functions.hold(EAST)
    functions.hold(EAST)
    functions.release(EAST)
    assert (ids(functions), route(functions).replicas) == ([], 1)

    functions.release(EAST)
    assert ids(functions) == ["x"]
    functions.release(EAST)
    assert ids(functions) == ["x"]


def test_what_nodes_are_near_changes_routes(functions: Functions) -> None:
    functions.replace(snapshot("", "x", "a"))
    assert [endpoint.is_far for endpoint in route(functions).endpoints] == [True]

    functions.learn_nodes([{"ID": "node", "Datacenter": "dc1"}])

    assert [endpoint.is_far for endpoint in route(functions).endpoints] == [False]
