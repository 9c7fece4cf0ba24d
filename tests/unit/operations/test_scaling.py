"""A count is changed with its reason, never lost to another writer, and told in the job."""

import asyncio
from typing import Any

import pytest

from faas_nomad.model.nomad import Job
from faas_nomad.operations.errors import NoSuchFunctionError
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.scaling import Scaling, Wanted
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey, job_count
from faas_nomad.translate.count_changes import CountChange, Counted, count_change_of
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from support.deployments import deployment, job_of
from support.job_meta import read_deployment
from support.memory_nomad import MemoryNomad

KEY = JobKey("default", "openfaas-figlet")
AT_NS = 1_795_225_212_345_000_000


@pytest.fixture
def nomad() -> MemoryNomad:
    found = MemoryNomad()
    found.put(KEY, job_of(deployment(labels={"com.openfaas.scale.max": "5"})))
    return found


@pytest.fixture
def scaling(nomad: MemoryNomad) -> Scaling:
    names = Names("openfaas-", "openfaas-fn", "default")
    functions = Functions(Picture(read_deployment), RouteTable(), names, lambda _job: RoutePolicy())

    async def no_sleep(_s: float) -> None:
        await asyncio.sleep(0)

    async def policy(region: str = "") -> JobPolicy:
        return JobPolicy()

    writes = JobWrites(nomad, functions, no_sleep)  # type: ignore[arg-type]
    return Scaling(writes, policy, lambda: AT_NS)


def with_job(nomad: MemoryNomad, **changed: Any) -> Job:
    return {**nomad.jobs[KEY], **changed}


async def test_the_job_tells_who_changed_its_count_and_why(
    nomad: MemoryNomad, scaling: Scaling
) -> None:
    await scaling.change(KEY, "figlet", "alert", lambda _: Wanted(3, "alert High is firing"))

    job = nomad.jobs[KEY]
    assert job_count(job) == 3
    assert count_change_of(job) == CountChange("alert", "alert High is firing", 1, 3, AT_NS)
    assert job["TaskGroups"][0]["Scaling"]["Policy"] == {
        "openfaas_count_by": "alert",
        "openfaas_count_why": "alert High is firing",
        "openfaas_count_change": "1 -> 3",
        "openfaas_count_at": "2026-11-21T01:40:12.345Z",
    }


async def test_what_is_wanted_is_decided_again_on_what_another_writer_made(
    nomad: MemoryNomad, scaling: Scaling
) -> None:
    nomad.before_register = [
        lambda: nomad.put(KEY, job_of(deployment(labels={"com.openfaas.scale.max": "5"}), count=3))
    ]
    seen: list[int] = []

    def one_more(counted: Counted) -> Wanted:
        seen.append(counted.count)
        return Wanted(counted.count + 1, "one more")

    assert await scaling.change(KEY, "figlet", "api", one_more)

    assert seen == [1, 3]
    assert job_count(nomad.jobs[KEY]) == 4


async def test_a_dozen_writers_in_between_do_not_stop_a_change(
    nomad: MemoryNomad, scaling: Scaling
) -> None:
    nomad.before_register = [lambda: nomad.put(KEY, nomad.jobs[KEY])] * 12

    await scaling.set(KEY, "figlet", 2)

    assert job_count(nomad.jobs[KEY]) == 2


async def test_a_version_written_between_nomads_check_and_ours_is_kept(
    nomad: MemoryNomad, scaling: Scaling
) -> None:
    """Nomad checks the index before a write is in its log, so both writes pass."""
    nomad.before_log = [lambda: nomad.put(KEY, with_job(nomad, Priority=77))]

    await scaling.set(KEY, "figlet", 2)

    assert (job_count(nomad.jobs[KEY]), nomad.jobs[KEY]["Priority"]) == (2, 77)


async def test_a_version_in_between_with_the_wanted_count_is_kept_too(
    nomad: MemoryNomad, scaling: Scaling
) -> None:
    theirs = job_of(deployment(labels={"com.openfaas.scale.max": "5"}), count=2)
    nomad.before_log = [lambda: nomad.put(KEY, {**theirs, "Priority": 77})]

    await scaling.set(KEY, "figlet", 2)

    assert (job_count(nomad.jobs[KEY]), nomad.jobs[KEY]["Priority"]) == (2, 77)


async def test_a_change_that_another_writer_took_back_unseen_is_made_again(
    nomad: MemoryNomad, scaling: Scaling
) -> None:
    before = with_job(nomad, Priority=77)
    nomad.after_register = [lambda: nomad.put(KEY, before)]

    await scaling.set(KEY, "figlet", 2)

    assert (job_count(nomad.jobs[KEY]), nomad.jobs[KEY]["Priority"]) == (2, 77)


async def test_a_change_without_other_writers_is_written_once(
    nomad: MemoryNomad, scaling: Scaling
) -> None:
    before = nomad.registered

    await scaling.set(KEY, "figlet", 2)

    assert nomad.registered == before + 1


async def test_a_change_to_the_present_count_writes_nothing(
    nomad: MemoryNomad, scaling: Scaling
) -> None:
    before = nomad.registered

    assert not await scaling.change(KEY, "figlet", "api", lambda _: Wanted(1, "as it is"))
    assert not await scaling.change(KEY, "figlet", "api", lambda _: None)

    assert nomad.registered == before


async def test_a_function_that_is_not_there_is_told(scaling: Scaling) -> None:
    with pytest.raises(NoSuchFunctionError):
        await scaling.set(JobKey("default", "openfaas-other"), "other", 1)
