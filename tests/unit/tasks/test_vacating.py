"""A port of a removed function is another's only once nobody can listen there any more."""

from collections.abc import Callable, Mapping

import pytest

from faas_nomad.model.nomad import Allocation, AllocID
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.state.region_picture import Snapshot
from faas_nomad.tasks.vacating import Vacating
from faas_nomad.translate.names import Names
from support.wire import alloc_event, allocation, job_stub, statuses_job

OLD, NEW = JobKey("default", "openfaas-old"), JobKey("default", "openfaas-new")
STOP_S = 11.0


def read_meta(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int]:
    return FunctionDeployment(service=meta["service"], image="i"), 0


class Clock:
    """Keeps what is to be called back, and when."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def later(self, after_s: float, call: Callable[[], None]) -> None:
        self.calls.append((after_s, call))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def functions(clock: Clock) -> Functions:
    names = Names("openfaas-", "openfaas-fn", "default")
    known = Functions(Picture(read_meta), RouteTable(), names, lambda _job: RoutePolicy())

    def stop_time_s(job: JobRecord) -> float:
        assert job.fn.service == "old"
        return STOP_S

    Vacating(known, stop_time_s, clock.later)
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


def test_who_gets_the_port_meanwhile_is_not_called(functions: Functions, clock: Clock) -> None:
    functions.forget(OLD, 50)
    functions.apply(alloc_event(at_port("n", 4000, "new")))
    functions.mark_ready(NEW, AllocID("n"))  # the old process answered the probe

    assert endpoints(functions, "new") == []

    [(after_s, call)] = clock.calls
    assert after_s == STOP_S
    call()

    assert endpoints(functions, "new") == []
    assert [a.id for a in functions.unprobed(NEW)] == ["n"], "it is probed once more"
    functions.mark_ready(NEW, AllocID("n"))
    assert endpoints(functions, "new") == ["n"]


def test_another_port_is_called_at_once(functions: Functions) -> None:
    functions.forget(OLD, 50)
    functions.apply(alloc_event(at_port("n", 4001, "new")))
    functions.mark_ready(NEW, AllocID("n"))

    assert endpoints(functions, "new") == ["n"]


def test_what_ended_before_its_function_was_removed_has_left_nothing(
    functions: Functions, clock: Clock
) -> None:
    functions.apply(
        alloc_event({**at_port("o", 4000, "old"), "ClientStatus": "complete", "ModifyIndex": 40})
    )
    functions.forget(OLD, 50)

    assert (functions.unvacated, clock.calls) == (set(), [])


def test_nothing_is_kept_for_ever(functions: Functions, clock: Clock) -> None:
    functions.forget(OLD, 50)
    for _, call in clock.calls:
        call()

    assert functions.unvacated == set()
