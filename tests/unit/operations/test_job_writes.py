"""A write is decided on the present job and never loses against another writer."""

import pytest

from faas_nomad.clients.errors import ConflictError, InterruptedCallError
from faas_nomad.model.nomad import Job
from faas_nomad.operations.functions import FunctionOperations
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.scaling import Scaling
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import job_count
from support.memory_nomad import MemoryNomad
from support.writing import KEY, deployment


async def test_scaling_is_decided_anew_when_another_writer_was_first(
    operations: FunctionOperations, scaling: Scaling, nomad: MemoryNomad
) -> None:
    await operations.deploy(deployment(), KEY)
    nomad.before_register = [lambda: nomad.put(KEY, dict(nomad.jobs[KEY], Priority=70))]

    await scaling.set(KEY, "a", 2)

    assert job_count(nomad.jobs[KEY]) == 2
    assert nomad.jobs[KEY]["Priority"] == 70


async def test_scaling_to_the_present_count_writes_nothing(
    operations: FunctionOperations, scaling: Scaling, nomad: MemoryNomad
) -> None:
    await operations.deploy(deployment(), KEY)

    await scaling.set(KEY, "a", 1)

    assert nomad.registered == 1


async def test_a_writer_that_always_loses_gives_up(
    operations: FunctionOperations, scaling: Scaling, nomad: MemoryNomad
) -> None:
    await operations.deploy(deployment(), KEY)
    nomad.before_register = [lambda: nomad.put(KEY, nomad.jobs[KEY])] * 50

    with pytest.raises(ConflictError):
        await scaling.set(KEY, "a", 2)


async def test_a_registration_whose_answer_was_lost_is_recognised(
    operations: FunctionOperations, scaling: Scaling, nomad: MemoryNomad, functions: Functions
) -> None:
    def register_and_break() -> None:
        job = nomad.jobs[KEY]
        nomad.put(KEY, {**job, "TaskGroups": [{**job["TaskGroups"][0], "Count": 2}]})
        raise InterruptedCallError("Nomad did not answer")

    await operations.deploy(deployment(), KEY)
    nomad.before_register = [register_and_break]

    await scaling.set(KEY, "a", 2)

    assert nomad.registered == 2
    job = functions.find(KEY)
    assert job
    assert job.count == 2


async def test_a_registration_that_was_lost_is_made_again(
    operations: FunctionOperations, nomad: MemoryNomad
) -> None:
    def break_off() -> None:
        raise InterruptedCallError("Nomad did not answer")

    nomad.before_register = [break_off]

    await operations.deploy(deployment(), KEY)

    assert nomad.registered == 1


@pytest.mark.parametrize("is_carried_out", [True, False])
async def test_a_removal_whose_answer_was_lost_is_carried_out_wholly(
    writes: JobWrites,
    operations: FunctionOperations,
    nomad: MemoryNomad,
    functions: Functions,
    is_carried_out: bool,
) -> None:
    def break_off() -> None:
        if is_carried_out:
            del nomad.jobs[KEY]
        raise InterruptedCallError("Nomad did not answer")

    released: list[str] = []

    async def release(job: Job) -> None:
        released.append(job["ID"])

    await operations.deploy(deployment(), KEY)
    nomad.before_deregister = [break_off]

    await writes.remove(KEY, "a", release)

    assert KEY not in nomad.jobs
    assert functions.find(KEY) is None
    assert released == [KEY.job_id]


async def test_a_removal_that_nomad_never_answers_is_told(
    writes: JobWrites, operations: FunctionOperations, nomad: MemoryNomad, functions: Functions
) -> None:
    def break_off() -> None:
        raise InterruptedCallError("Nomad did not answer")

    async def release(job: Job) -> None:
        raise AssertionError("it is there still")

    await operations.deploy(deployment(), KEY)
    nomad.before_deregister = [break_off] * 20

    with pytest.raises(InterruptedCallError):
        await writes.remove(KEY, "a", release)

    assert functions.find(KEY) is not None
