"""Asking about functions that are silent on why they are not ready."""

from typing import Any

import pytest

from faas_nomad.clients.errors import UnreachableError
from faas_nomad.model.nomad import Allocation
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.tasks.troubles import MAX_ASKED_A_LOOK, MAX_PAUSE_S, TroubleFinder
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import allocation, job_stub, statuses_job

KEY = JobKey("default", "openfaas-a")


class Asked:
    """A Nomad that is asked; its answers are `allocations`, or the failure."""

    def __init__(self) -> None:
        self.jobs: list[str] = []
        self.allocations: list[Allocation] = []
        self.failure: Exception | None = None
        self.now_s = 0.0

    def in_region(self, region: str) -> "Asked":
        return self

    async def job_allocations(self, job_id: str, namespace: str) -> list[Allocation]:
        self.jobs.append(job_id)
        if self.failure:
            raise self.failure
        return self.allocations

    async def job_evaluations(self, job_id: str, namespace: str) -> list[dict[str, Any]]:
        return []


def functions_of(*names: str, count: int = 1) -> Functions:
    made = Functions(
        Picture(read_service),
        RouteTable(),
        Names("openfaas-", "openfaas-fn", "default"),
        lambda _job: RoutePolicy(),
    )
    stubs = [job_stub(name) for name in names]
    made.replace(Snapshot(10, stubs, [statuses_job(name, count=count) for name in names], []))
    return made


@pytest.fixture
def nomad() -> Asked:
    return Asked()


async def look(nomad: Asked, finder: TroubleFinder, until_s: float) -> None:
    while nomad.now_s < until_s:
        nomad.now_s += 3
        await finder.look()


async def test_a_silent_function_is_asked_about_ever_more_seldom(nomad: Asked) -> None:
    finder = TroubleFinder(nomad, functions_of("a"), lambda: nomad.now_s)

    await look(nomad, finder, 300)

    assert 5 < len(nomad.jobs) <= 300 / MAX_PAUSE_S + 6


async def test_what_is_found_is_known_and_not_asked_for_again(nomad: Asked) -> None:
    functions = functions_of("a")
    nomad.allocations = [allocation("x", status="lost", index=30)]
    finder = TroubleFinder(nomad, functions, lambda: nomad.now_s)

    await look(nomad, finder, 60)

    trouble = functions.standing.trouble(KEY)
    assert trouble is not None
    assert trouble.kind == "node"
    assert nomad.jobs == ["openfaas-a"]


async def test_a_function_that_is_ready_or_asleep_is_not_asked_about(nomad: Asked) -> None:
    finder = TroubleFinder(nomad, functions_of("a", count=0), lambda: nomad.now_s)

    await look(nomad, finder, 60)

    assert nomad.jobs == []


async def test_many_are_asked_about_in_turn(nomad: Asked) -> None:
    names = [f"a{number}" for number in range(MAX_ASKED_A_LOOK + 5)]
    finder = TroubleFinder(nomad, functions_of(*names), lambda: nomad.now_s)

    await look(nomad, finder, 6)
    first = len(nomad.jobs)
    await look(nomad, finder, 9)

    assert first == MAX_ASKED_A_LOOK
    assert len(set(nomad.jobs)) == len(names)


async def test_a_nomad_that_is_away_is_asked_later(nomad: Asked) -> None:
    nomad.failure = UnreachableError("away")
    finder = TroubleFinder(nomad, functions_of("a", "b"), lambda: nomad.now_s)

    await look(nomad, finder, 6)

    assert len(nomad.jobs) == 1
