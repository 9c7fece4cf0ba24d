"""A sleeping function is woken once for all that call it, and they hear why when it cannot be."""

import asyncio

import pytest

from faas_nomad.clients.errors import UnreachableError
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.scaling import Scaling
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey, job_count
from faas_nomad.tasks.waking import Waking
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from support.deployments import deployment, job_of
from support.job_meta import read_deployment
from support.memory_nomad import MemoryNomad

KEY = JobKey("default", "openfaas-figlet")
NAME = "figlet.openfaas-fn"


@pytest.fixture
def nomad() -> MemoryNomad:
    found = MemoryNomad()
    found.put(KEY, job_of(deployment(labels={"com.openfaas.scale.min": "2"}), count=0))
    return found


@pytest.fixture
def waking(nomad: MemoryNomad) -> Waking:
    names = Names("openfaas-", "openfaas-fn", "default")
    functions = Functions(Picture(read_deployment), RouteTable(), names, lambda _job: RoutePolicy())
    functions.write_through(nomad.jobs[KEY], nomad.jobs[KEY]["JobModifyIndex"])

    async def policy(region: str = "") -> JobPolicy:
        return JobPolicy()

    writes = JobWrites(nomad, functions)  # type: ignore[arg-type]
    return Waking(functions, Scaling(writes, policy, lambda: 0))


async def ended(waking: Waking) -> None:
    async with asyncio.timeout(5):
        while waking.waking:
            await asyncio.sleep(0)


async def test_many_calls_wake_a_function_once_to_its_minimum(
    waking: Waking, nomad: MemoryNomad
) -> None:
    before = nomad.registered

    assert all(waking.wake(NAME) for _ in range(500))
    await ended(waking)

    assert nomad.registered == before + 1
    assert job_count(nomad.jobs[KEY]) == 2


async def test_a_function_that_another_instance_woke_is_left_as_it_is(
    waking: Waking, nomad: MemoryNomad
) -> None:
    nomad.put(KEY, job_of(count=1))
    before = nomad.registered

    assert waking.wake(NAME)
    await ended(waking)

    assert nomad.registered == before


async def test_a_function_that_is_awake_is_waited_for(waking: Waking, nomad: MemoryNomad) -> None:
    waking.wake(NAME)
    await ended(waking)

    assert waking.wake(NAME)
    assert waking.waking == 0


async def test_nobody_waits_for_a_function_that_is_not_there(waking: Waking) -> None:
    assert not waking.wake("other.openfaas-fn")


async def test_who_waits_is_told_why_and_the_next_call_tries_again(
    waking: Waking, nomad: MemoryNomad
) -> None:
    def away() -> None:
        raise UnreachableError("Nomad cannot be reached")

    refused: list[tuple[str, str]] = []
    waking.refuse = lambda function, reason: refused.append((function, reason))
    nomad.before_register = [away]

    waking.wake(NAME)
    await ended(waking)
    assert refused == [(NAME, f"{NAME} sleeps and cannot be woken: Nomad cannot be reached")]

    waking.wake(NAME)
    await ended(waking)
    assert job_count(nomad.jobs[KEY]) == 2
