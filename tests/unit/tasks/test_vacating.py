"""A port of a removed function is another's only once nobody can listen there any more."""

import asyncio

import pytest

from faas_nomad.clients.probe import Probe
from faas_nomad.model.nomad import Allocation, AllocID
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.tasks.vacating import PAUSE_S, Vacating
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import alloc_event, allocation, job_stub, statuses_job

OLD, NEW = JobKey("default", "openfaas-old"), JobKey("default", "openfaas-new")
STOP_S = 11.0


class Ports:
    """Says whether a port takes connections, as often as it is told to."""

    def __init__(self) -> None:
        self.answers: list[bool] = []
        self.asked: list[tuple[str, int]] = []

    async def ask(self, host: str, port: int, probe: Probe) -> bool:
        assert probe.path == ""
        self.asked.append((host, port))
        return self.answers.pop(0) if self.answers else True


@pytest.fixture
def ports() -> Ports:
    return Ports()


async def no_sleep(_s: float) -> None:
    await asyncio.sleep(0)


async def until_vacated(functions: Functions) -> None:
    async with asyncio.timeout(5):
        while functions.live_replicas.unvacated:
            await asyncio.sleep(0)


@pytest.fixture
def functions(ports: Ports) -> Functions:
    names = Names("openfaas-", "openfaas-fn", "default")
    known = Functions(Picture(read_service), RouteTable(), names, lambda _job: RoutePolicy())

    def stop_time_s(job: JobRecord) -> float:
        assert job.fn.service == "old"
        return STOP_S

    Vacating(known, stop_time_s, ports.ask, no_sleep)
    stubs = [job_stub("old"), job_stub("new")]
    known.replace(Snapshot(10, stubs, [statuses_job("old"), statuses_job("new")], []))
    known.apply(alloc_event(at_port("o", 4000, "old")))
    known.mark_ready(OLD, AllocID("o"))
    return known


def at_port(alloc_id: str, port: int, name: str) -> Allocation:
    return allocation(alloc_id, name=name, port=port)


def endpoints(functions: Functions, name: str) -> list[str]:
    route = functions.table.find(name)
    return [endpoint.id for endpoint in route.endpoints] if route else []


async def test_who_gets_the_port_meanwhile_is_not_called(
    functions: Functions, ports: Ports
) -> None:
    ports.answers = [True, True, False]
    functions.forget(OLD, 50)
    functions.apply(alloc_event(at_port("n", 4000, "new")))
    functions.mark_ready(NEW, AllocID("n"))  # the old process answered the probe
    assert endpoints(functions, "new") == []

    await until_vacated(functions)

    assert ports.asked == [("10.0.0.1", 4000)] * 3
    assert endpoints(functions, "new") == []
    assert [a.id for a in functions.ready_replicas.unprobed(NEW)] == ["n"], "it is probed once more"
    functions.mark_ready(NEW, AllocID("n"))
    assert endpoints(functions, "new") == ["n"]


async def test_a_port_that_always_answers_is_the_new_one_s_in_the_end(
    functions: Functions, ports: Ports
) -> None:
    functions.forget(OLD, 50)

    await until_vacated(functions)

    assert len(ports.asked) == STOP_S / PAUSE_S


async def test_another_port_is_called_at_once(functions: Functions) -> None:
    functions.forget(OLD, 50)
    functions.apply(alloc_event(at_port("n", 4001, "new")))
    functions.mark_ready(NEW, AllocID("n"))

    assert endpoints(functions, "new") == ["n"]


async def test_what_ended_before_its_function_was_removed_has_left_nothing(
    functions: Functions, ports: Ports
) -> None:
    ended = allocation("o", name="old", port=4000, status="complete", index=40)
    functions.apply(alloc_event(ended))
    functions.forget(OLD, 50)

    assert (functions.live_replicas.unvacated, ports.asked) == (set(), [])
