"""Replicas become ready by answering a probe, and again after they refused callers."""

import asyncio
from typing import Any

import pytest

from faas_nomad.clients.probe import Probe
from faas_nomad.model.nomad import AllocID
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.tasks.readiness import (
    MAX_PAUSE_S,
    MAX_PROBES_AT_ONCE,
    MIN_PAUSE_S,
    SOON_S,
    Readiness,
    next_pause_s,
)
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import alloc_event, allocation, job_stub, statuses_job

KEY = JobKey("default", "openfaas-a")


class Replica:
    """A scripted replica: answers probes as its list says, the last answer for ever."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int, probe: Probe, mesh_service: str = "") -> bool:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def functions() -> Functions:
    names = Names("openfaas-", "openfaas-fn", "default")
    known = Functions(Picture(read_service), RouteTable(), names, lambda _job: RoutePolicy())
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


async def test_a_replica_is_probed_before_nomad_says_that_it_runs(functions: Functions) -> None:
    readiness = Readiness(functions, lambda _job: Probe(), Replica(True), no_sleep)

    functions.apply(alloc_event(allocation("x", status="pending")))
    await settled(readiness)
    assert endpoints(functions) == ["x"]

    functions.apply(alloc_event(allocation("x", index=30)))
    assert endpoints(functions) == ["x"]


async def test_an_open_port_says_nothing_before_nomad_says_that_it_runs(
    functions: Functions,
) -> None:
    replica = Replica(True)
    readiness = Readiness(functions, lambda _job: Probe(path=""), replica, no_sleep)

    functions.apply(alloc_event(allocation("x", status="pending")))
    for _ in range(5):
        await asyncio.sleep(0)
    assert replica.asked == 0

    functions.apply(alloc_event(allocation("x", index=30)))
    await settled(readiness)
    assert endpoints(functions) == ["x"]


async def test_a_published_port_may_be_another_s_before_nomad_says_that_it_runs(
    functions: Functions,
) -> None:
    readiness = Readiness(functions, lambda _job: Probe(), replica := Replica(True), no_sleep)
    pending, running = allocation("x", status="pending"), allocation("x", index=30)
    for alloc in (pending, running):
        resources: Any = alloc["AllocatedResources"]
        resources["Shared"]["Ports"][0]["To"] = 8080

    functions.apply(alloc_event(pending))
    for _ in range(5):
        await asyncio.sleep(0)
    assert replica.asked == 0

    functions.apply(alloc_event(running))
    await settled(readiness)
    assert endpoints(functions) == ["x"]


async def test_the_probe_names_the_replica_that_is_to_answer(functions: Functions) -> None:
    named: list[str] = []

    async def ask(host: str, port: int, probe: Probe, mesh_service: str = "") -> bool:
        assert (host, port, mesh_service) == ("10.0.0.1", 20000, "")
        named.append(probe.replica)
        return True

    readiness = Readiness(functions, lambda _job: Probe(), ask, no_sleep)

    functions.apply(alloc_event(allocation("x")))
    await settled(readiness)

    assert named == ["x"]


async def test_a_replica_between_two_runs_is_left_out_until_it_answers_again(
    functions: Functions,
) -> None:
    readiness = Readiness(functions, lambda _job: Probe(), Replica(True), no_sleep)
    functions.apply(alloc_event(allocation("x")))
    await settled(readiness)

    functions.apply(alloc_event(allocation("x", status="pending", index=30)))
    assert endpoints(functions) == []
    assert readiness.probing == 0

    functions.apply(alloc_event(allocation("x", index=40)))
    await settled(readiness)
    assert endpoints(functions) == ["x"]


async def test_as_many_answers_in_a_row_are_wanted_as_the_function_says(
    functions: Functions,
) -> None:
    replica = Replica(True, True, False, True)
    readiness = Readiness(functions, lambda _job: Probe(successes=3), replica, no_sleep)

    functions.apply(alloc_event(allocation("x")))
    await settled(readiness)

    assert replica.asked == 6


class Hanging:
    """Replicas on port 1 hang through their probe's limit, in the test's own time; others answer.

    Beyond their first probe they hang for ever.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        self.limits_s: dict[str, list[float]] = {}

    async def __call__(self, host: str, port: int, probe: Probe, mesh_service: str = "") -> bool:
        limits_s = self.limits_s.setdefault(probe.replica, [])
        limits_s.append(probe.timeout_s)
        if port == 1:
            await asyncio.sleep(3600 if len(limits_s) > 1 else 0)
            self.now_s += probe.timeout_s
        return port != 1


async def test_replicas_that_hang_keep_no_other_from_being_found_ready(
    functions: Functions,
) -> None:
    ask = Hanging()
    probe = Probe(timeout_s=60.0)
    readiness = Readiness(functions, lambda _job: probe, ask, no_sleep, lambda: ask.now_s)
    for number in range(2 * MAX_PROBES_AT_ONCE):
        functions.apply(alloc_event(allocation(f"h{number:03}", port=1)))
    async with asyncio.timeout(5):
        while sum(len(limits_s) > 1 for limits_s in ask.limits_s.values()) < MAX_PROBES_AT_ONCE:
            await asyncio.sleep(0)

    functions.apply(alloc_event(allocation("x")))
    async with asyncio.timeout(5):
        while endpoints(functions) != ["x"]:
            await asyncio.sleep(0)

    assert ask.limits_s["h000"] == [SOON_S, 60.0]
    await ended(readiness)


async def test_a_replica_that_takes_its_time_to_answer_is_given_it(functions: Functions) -> None:
    now_s = 0.0

    async def slow(host: str, port: int, probe: Probe, mesh_service: str = "") -> bool:
        nonlocal now_s
        now_s += min(3.0, probe.timeout_s)
        return probe.timeout_s > 3.0

    probe = Probe(timeout_s=5.0, successes=3)
    readiness = Readiness(functions, lambda _job: probe, slow, no_sleep, lambda: now_s)

    functions.apply(alloc_event(allocation("x")))
    await settled(readiness)

    assert endpoints(functions) == ["x"]
    assert now_s == 10.0


async def ended(readiness: Readiness) -> None:
    """End the probes that would never."""
    running = asyncio.ensure_future(readiness.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_pauses_follow_the_wait_up_to_half_a_second() -> None:
    pauses_s = [next_pause_s(waited_s, Probe()) for waited_s in (0.0, 0.5, 1.0, 5.0, 60.0)]

    assert pauses_s == sorted(pauses_s)
    assert pauses_s[0] == MIN_PAUSE_S
    assert pauses_s[-1] == MAX_PAUSE_S


def test_pauses_are_what_the_function_asks_for() -> None:
    probe = Probe(first_after_s=2.0, every_s=0.3)

    assert next_pause_s(0.5, probe) == 1.5
    assert next_pause_s(2.0, probe) == 0.3
