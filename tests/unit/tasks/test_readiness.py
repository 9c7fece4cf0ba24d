"""Replicas become ready by answering a probe, and again after they refused callers."""

import asyncio
from collections.abc import Mapping

import pytest

from faas_nomad.clients.probe import Probe
from faas_nomad.model.nomad import AllocID
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture, Snapshot
from faas_nomad.state.records import JobKey
from faas_nomad.tasks.readiness import MAX_PAUSE_S, Readiness, next_pause_s
from faas_nomad.translate.names import Names
from support.wire import alloc_event, allocation, job_stub, statuses_job

KEY = JobKey("default", "openfaas-a")


def read_meta(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int]:
    return FunctionDeployment(service=meta["service"], image="i"), 0


class Replica:
    """A scripted replica: answers probes as its list says, the last answer for ever."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int, probe: Probe) -> bool:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def functions() -> Functions:
    names = Names("openfaas-", "openfaas-fn", "default")
    known = Functions(Picture(read_meta), RouteTable(), names, lambda _job: RoutePolicy())
    known.replace(Snapshot(10, [job_stub()], [statuses_job()], []))
    return known


async def no_sleep(_s: float) -> None:
    await asyncio.sleep(0)


async def settled(readiness: Readiness) -> None:
    async with asyncio.timeout(5):
        while readiness.probing:
            await asyncio.sleep(0)


def endpoints(functions: Functions) -> list[str]:
    route = functions.table.find("a")
    assert route
    return [endpoint.id for endpoint in route.endpoints]


async def test_a_replica_is_routed_to_once_it_answers(functions: Functions) -> None:
    replica = Replica(False, False, True)
    readiness = Readiness(functions, lambda _job: Probe(), replica, no_sleep)

    functions.apply(alloc_event(allocation("x")))
    assert endpoints(functions) == []
    await settled(readiness)

    assert endpoints(functions) == ["x"]
    assert replica.asked == 3


async def test_a_replica_that_ended_is_not_probed_any_more(functions: Functions) -> None:
    readiness = Readiness(functions, lambda _job: Probe(), Replica(False), no_sleep)
    functions.apply(alloc_event(allocation("x")))

    functions.apply(alloc_event(allocation("x", status="failed", index=30)))
    await settled(readiness)

    assert endpoints(functions) == []


async def test_a_replica_that_refused_a_caller_is_left_out_until_it_answers(
    functions: Functions,
) -> None:
    readiness = Readiness(functions, lambda _job: Probe(), Replica(True), no_sleep)
    functions.apply(alloc_event(allocation("x")))
    await settled(readiness)

    readiness.refused("x")
    assert endpoints(functions) == []
    await settled(readiness)

    assert endpoints(functions) == ["x"]


async def test_a_refusal_right_after_the_probe_starts_another_probe(functions: Functions) -> None:
    readiness = Readiness(functions, lambda _job: Probe(), Replica(True), no_sleep)
    refusals = ["x"]

    def refuse_once(_key: JobKey) -> None:
        if endpoints(functions) and refusals:
            readiness.refused(refusals.pop())

    functions.listeners.append(refuse_once)
    functions.apply(alloc_event(allocation("x")))
    await settled(readiness)

    assert refusals == []
    assert endpoints(functions) == ["x"]


async def test_nomads_verdict_in_a_snapshot_spares_the_probe(functions: Functions) -> None:
    replica = Replica(True)
    readiness = Readiness(functions, lambda _job: Probe(), replica, no_sleep)

    healthy = allocation("x", healthy=True, version=0)
    functions.replace(Snapshot(20, [job_stub()], [statuses_job()], [healthy]))
    await settled(readiness)

    assert endpoints(functions) == ["x"]
    assert replica.asked == 0


async def test_a_replica_that_refused_stays_out_through_a_snapshot(functions: Functions) -> None:
    healthy = allocation("x", healthy=True, version=0)
    snapshot = Snapshot(20, [job_stub()], [statuses_job()], [healthy])
    functions.replace(snapshot)

    functions.mark_unready(KEY, AllocID("x"))
    functions.replace(snapshot)

    assert endpoints(functions) == []


def test_pauses_grow_to_half_a_second() -> None:
    pause_s = 0.01
    for _ in range(20):
        assert next_pause_s(pause_s) >= pause_s
        pause_s = next_pause_s(pause_s)
    assert pause_s == MAX_PAUSE_S
