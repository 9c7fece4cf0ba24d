"""One watch follows Consul for all functions, and its absence takes no replica away."""

import asyncio
import json
from typing import Any

import pytest

from faas_nomad.clients.consul import Checks
from faas_nomad.clients.errors import BackendError, UnexpectedReplyError, UnreachableError
from faas_nomad.model.nomad import Allocation, AllocID, PlacedPort
from faas_nomad.state.backends import BackendState
from faas_nomad.state.consul_checks import ConsulDatacenter, ConsulDatacenters
from faas_nomad.state.endpoints import Route, RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.tasks.consul_watch import LEAST_PAUSE_S, MAX_PAUSE_S, ConsulWatch, pause_after_s
from faas_nomad.translate.meta import CHECKED_BY
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import alloc_event, allocation, job_stub, statuses_job

X = "aaaaaaaa-0000-4000-8000-000000000001"
KEY = JobKey("default", "openfaas-a")
Y = "bbbbbbbb-0000-4000-8000-000000000002"


class ScriptedConsul:
    """Answers each question with the next of its script, an error or checks with their index."""

    def __init__(self, *script: BackendError | tuple[int, list[Any]]) -> None:
        self.script = list(script)
        self.asked_after: list[int] = []
        self.is_filtered = False

    async def watch_checks(self, _prefix: str, _datacenter: str, after_index: int) -> Checks:
        self.asked_after.append(after_index)
        if not self.script:
            await asyncio.sleep(3600)
        said = self.script.pop(0)
        if isinstance(said, BackendError):
            raise said
        return Checks(json.dumps(said[1]).encode(), said[0], self.is_filtered)


NODE = {"Node": "n", "Status": "passing", "Output": "said", "ServiceID": "", "ServiceName": ""}
"""The check that every node has."""


def passing(alloc_id: str, status: str = "passing") -> dict[str, str]:
    service_id = f"_nomad-task-{alloc_id}-group-fn-openfaas-a-http"
    return {
        "Node": "n",
        "Status": status,
        "Output": "said",
        "ServiceID": service_id,
        "ServiceName": "openfaas-a",
    }


def in_mesh(alloc_id: str) -> Allocation:
    """Return an allocation of which only the sidecar has a port on the node."""
    label = "connect-proxy-openfaas-a"
    port: PlacedPort = {"Label": label, "Value": 28425, "To": 28425, "HostIP": "10.0.0.1"}
    alloc = allocation(alloc_id, index=30)
    alloc["AllocatedResources"] = {"Shared": {"Ports": [port]}}
    return alloc


class Site:
    """Functions with one whose replicas Consul checks, and the watch on a scripted Consul."""

    def __init__(self, *script: BackendError | tuple[int, list[Any]]) -> None:
        self.consul = ScriptedConsul(*script)
        self.datacenter = ConsulDatacenter(grace_s=60)
        self.state = BackendState("consul")
        self.pauses: list[float] = []
        self.functions = Functions(
            Picture(read_service),
            RouteTable(),
            Names("openfaas-", "openfaas-fn", "default"),
            lambda _job: RoutePolicy(),
            ConsulDatacenters({"": self.datacenter}),
        )
        stub = job_stub()
        stub["Meta"] = {"service": "a", CHECKED_BY: "consul"}
        self.functions.replace(
            Snapshot(10, [stub], [statuses_job(count=2)], [allocation(X, version=0)])
        )
        self.functions.mark_ready(KEY, AllocID(X))
        self.watch = ConsulWatch(
            self.consul,  # type: ignore[arg-type]
            self.functions,
            self.datacenter,
            self.state,
            service_prefix="openfaas-",
            sleep=self.sleep,
            now_s=lambda: 0.0,
        )

    async def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)
        await asyncio.sleep(0)

    def route(self) -> Route:
        route = self.functions.table.find("a")
        assert route
        return route

    def serving(self) -> list[str]:
        return [endpoint.id for endpoint in self.route().endpoints]

    async def run_script(self) -> None:
        running = asyncio.ensure_future(self.watch.run())
        async with asyncio.timeout(5):
            while self.consul.script:
                await asyncio.sleep(0)
            for _ in range(5):
                await asyncio.sleep(0)
        running.cancel()


async def test_a_replica_gets_requests_from_its_passing_check_to_its_failing_one() -> None:
    site = Site((5, [passing(X)]), (6, [passing(X, "critical")]))

    assert site.serving() == []
    await site.watch.follow()
    assert site.serving() == [X]
    await site.watch.follow()
    assert site.serving() == []
    assert site.consul.asked_after == [0, 5]


async def test_a_replica_that_passes_takes_our_own_answer_too() -> None:
    """Its check may be answered by whoever had the port before."""
    site = Site((5, [passing(X), passing(Y)]))
    await site.watch.follow()
    site.functions.apply(alloc_event(allocation(Y, index=30)))
    assert site.serving() == [X]

    site.functions.mark_ready(KEY, AllocID(Y))

    assert site.serving() == [X, Y]


async def test_a_replica_in_the_mesh_takes_our_own_answer_through_its_sidecar_too() -> None:
    site = Site((5, [passing(Y)]), (6, [passing(Y, "critical")]))
    await site.watch.follow()
    site.functions.apply(alloc_event(in_mesh(Y)))

    assert site.serving() == []
    site.functions.mark_ready(KEY, AllocID(Y))
    [endpoint] = site.route().endpoints
    assert (endpoint.id, endpoint.port, endpoint.service) == (Y, 28425, "openfaas-a")
    await site.watch.follow()
    assert site.serving() == []


async def test_a_registration_of_an_earlier_allocation_leads_nowhere() -> None:
    site = Site((5, [passing(Y)]))

    await site.watch.follow()

    assert site.serving() == []


async def test_while_consul_is_away_replicas_go_on_serving_and_it_is_told_once() -> None:
    site = Site((5, [passing(X)]), UnreachableError("refused"), UnreachableError("refused"))

    await site.run_script()

    assert site.serving() == [X]
    assert not site.state.connected
    assert site.state.failures == 2
    assert site.consul.asked_after == [0, 5, 0, 0]
    assert site.pauses[-2:] == [0.25, 0.5]


async def test_after_consul_was_away_an_empty_list_takes_nothing_away() -> None:
    site = Site((5, [passing(X)]), UnreachableError("refused"), (2, [NODE]))

    await site.run_script()

    assert site.serving() == [X]
    assert site.state.connected


@pytest.mark.parametrize(("left", "is_filtered"), [([], False), ([], True), ([NODE], True)])
async def test_rights_taken_away_take_no_replica_away(left: list[Any], is_filtered: bool) -> None:
    site = Site((5, [NODE, passing(X)]), (5, left), (6, left))
    site.consul.is_filtered = is_filtered

    await site.run_script()

    assert site.serving() == [X]
    assert not site.state.connected
    assert "the token may not read" in site.state.last_error
    assert site.pauses == [LEAST_PAUSE_S, 0.25, 0.5]


async def test_the_last_function_s_end_hides_nothing() -> None:
    """Others' services are hidden from the token all the time."""
    site = Site((5, [NODE, passing(X)]), (6, [NODE]))
    site.consul.is_filtered = True
    await site.watch.follow()
    site.functions.apply(alloc_event({**allocation(X, index=40), "DesiredStatus": "stop"}))

    await site.watch.follow()

    assert site.state.connected
    assert site.datacenter.verdicts == {}


async def test_a_function_that_is_not_registered_any_more_gets_no_requests() -> None:
    site = Site((5, [NODE, passing(X)]), (6, [NODE]))

    await site.watch.follow()
    await site.watch.follow()

    assert site.serving() == []


async def test_a_consul_that_is_away_again_and_again_has_no_ended_replica_remembered() -> None:
    ended = [f"cccccccc-0000-4000-8000-00000000000{n}" for n in range(10)]
    script: list[Any] = [(5, [NODE, passing(X)])]
    for one in ended:
        script += [UnreachableError("cut off"), (6, [NODE, passing(one)])]
    site = Site(*script)

    await site.run_script()

    assert site.datacenter.verdicts == {X: True, ended[-1]: True}
    assert site.serving() == [X]


async def test_an_index_that_went_back_is_not_waited_beyond() -> None:
    site = Site((5, [passing(X)]), (3, [passing(X)]), (4, [passing(X)]))

    for _ in range(3):
        await site.watch.follow()

    assert site.consul.asked_after == [0, 5, 0]


async def test_checks_that_lack_what_they_should_have_count_as_consuls_absence() -> None:
    site = Site((5, [{"Node": "n"}]))

    with pytest.raises(UnexpectedReplyError):
        await site.watch.follow()


def test_the_pause_grows_with_the_work() -> None:
    assert pause_after_s(0.0) == LEAST_PAUSE_S
    assert pause_after_s(0.1) == pytest.approx(0.4)
    assert pause_after_s(10.0) == MAX_PAUSE_S
