"""Writes decide on Nomad's present job and never lose against another writer."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from faas_nomad.clients.errors import ConflictError, InterruptedCallError
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.errors import FunctionExistsError, NoSuchFunctionError
from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.operations.functions import FunctionOperations
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.scaling import Scaling
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey, job_count
from faas_nomad.state.region.jobs import JobReader
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.meta import created_ns_from_meta, deployment_from_job_meta
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.regions import Regions
from support.memory_logins import logins_of
from support.memory_nomad import MemoryNomad
from support.memory_secrets import MemorySecretStore

KEY = JobKey("default", "openfaas-a")
REGION = "com.openfaas.nomad.region"


def read_meta(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int]:
    return deployment_from_job_meta(meta), created_ns_from_meta(meta)


@pytest.fixture
def nomad() -> MemoryNomad:
    return MemoryNomad()


@pytest.fixture
def functions() -> Functions:
    names = Names("openfaas-", "openfaas-fn", "default")
    return Functions(Picture(read_meta), RouteTable(), names, lambda _job: RoutePolicy())


@pytest.fixture
def store() -> MemorySecretStore:
    return MemorySecretStore()


async def policy(region: str = "") -> JobPolicy:
    return JobPolicy(driver="docker")


async def no_sleep(_s: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def writes(nomad: MemoryNomad, functions: Functions) -> JobWrites:
    return JobWrites(nomad, functions, no_sleep)  # type: ignore[arg-type]


@pytest.fixture
def scaling(writes: JobWrites) -> Scaling:
    return Scaling(writes, policy, lambda: 1)


@pytest.fixture
def operations(
    writes: JobWrites, functions: Functions, store: MemorySecretStore
) -> FunctionOperations:
    clock = iter(range(1_000, 100_000))
    secrets = FunctionSecrets(store, logins_of(functions))
    return FunctionOperations(writes, secrets, policy, lambda: next(clock))


def deployment(**changed: Any) -> FunctionDeployment:
    return FunctionDeployment.model_validate({"service": "a", "image": "i:1", **changed})


async def test_a_deployed_function_is_known_before_nomads_event(
    operations: FunctionOperations, functions: Functions
) -> None:
    await operations.deploy(deployment(), KEY)

    job = functions.find(KEY)
    assert job
    assert (job.fn.image, job.count) == ("i:1", 1)


async def test_the_first_count_is_the_label_s(
    operations: FunctionOperations, nomad: MemoryNomad
) -> None:
    await operations.deploy(deployment(labels={"com.openfaas.scale.min": "3"}), KEY)

    assert job_count(nomad.jobs[KEY]) == 3


async def test_deploying_what_exists_is_refused(operations: FunctionOperations) -> None:
    await operations.deploy(deployment(), KEY)

    with pytest.raises(FunctionExistsError, match="'a' exists already"):
        await operations.deploy(deployment(), KEY)


async def test_a_stopped_job_of_that_name_is_replaced(
    operations: FunctionOperations, nomad: MemoryNomad
) -> None:
    await operations.deploy(deployment(), KEY)
    nomad.jobs[KEY]["Stop"] = True

    await operations.deploy(deployment(image="i:2"), KEY)

    assert deployment_from_job_meta(nomad.jobs[KEY]["Meta"]).image == "i:2"


async def test_a_refused_deployment_asks_nomad_nothing(
    operations: FunctionOperations, nomad: MemoryNomad
) -> None:
    with pytest.raises(InvalidDeploymentError):
        await operations.deploy(deployment(limits={"memory": "12Qx"}), KEY)
    assert nomad.jobs == {}


async def test_an_update_keeps_count_and_creation_time(
    operations: FunctionOperations, scaling: Scaling, nomad: MemoryNomad
) -> None:
    await operations.deploy(deployment(), KEY)
    created_ns = created_ns_from_meta(nomad.jobs[KEY]["Meta"])
    await scaling.set(KEY, "a", 4)

    await operations.update(deployment(image="i:2"), KEY)

    assert job_count(nomad.jobs[KEY]) == 4
    assert created_ns_from_meta(nomad.jobs[KEY]["Meta"]) == created_ns


async def test_an_update_raises_the_count_to_a_new_minimum(
    operations: FunctionOperations, nomad: MemoryNomad
) -> None:
    await operations.deploy(deployment(), KEY)

    await operations.update(deployment(labels={"com.openfaas.scale.min": "2"}), KEY)

    assert job_count(nomad.jobs[KEY]) == 2


async def test_updating_what_is_not_there_is_told(operations: FunctionOperations) -> None:
    with pytest.raises(NoSuchFunctionError, match="a"):
        await operations.update(deployment(), KEY)


async def test_somebody_elses_job_is_not_touched(
    operations: FunctionOperations, nomad: MemoryNomad
) -> None:
    nomad.put(KEY, {"ID": "openfaas-a", "Namespace": "default", "Meta": None, "TaskGroups": []})

    with pytest.raises(NoSuchFunctionError):
        await operations.update(deployment(), KEY)
    with pytest.raises(NoSuchFunctionError):
        await operations.remove(KEY, "a")
    with pytest.raises(FunctionExistsError):
        await operations.deploy(deployment(), KEY)
    assert nomad.registered == 1


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


async def test_scaling_above_the_maximum_is_refused(
    operations: FunctionOperations, scaling: Scaling
) -> None:
    await operations.deploy(deployment(labels={"com.openfaas.scale.max": "3"}), KEY)

    with pytest.raises(InvalidDeploymentError, match="replicas"):
        await scaling.set(KEY, "a", 4)


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


async def test_a_removed_function_is_gone_at_once(
    operations: FunctionOperations, functions: Functions, nomad: MemoryNomad
) -> None:
    await operations.deploy(deployment(), KEY)

    await operations.remove(KEY, "a")

    assert functions.find(KEY) is None
    assert functions.table.find("a") is None
    assert nomad.jobs == {}


async def test_removing_what_is_not_there_is_told(operations: FunctionOperations) -> None:
    with pytest.raises(NoSuchFunctionError):
        await operations.remove(KEY, "a")


async def test_secrets_are_ready_before_the_job_and_looked_at_again_after_it(
    operations: FunctionOperations, nomad: MemoryNomad, store: MemorySecretStore
) -> None:
    await store.create("default", "one", b"1")
    nomad.before_register.append(lambda: store.calls.append(("registered",)))

    await operations.deploy(deployment(secrets=["one"]), KEY)

    assert [call[0] for call in store.calls] == ["prepare", "registered", "settle"]


async def test_a_missing_secret_registers_nothing_and_says_which(
    operations: FunctionOperations, nomad: MemoryNomad
) -> None:
    with pytest.raises(InvalidDeploymentError, match='"one"'):
        await operations.deploy(deployment(secrets=["one"]), KEY)
    assert nomad.jobs == {}

    await operations.deploy(deployment(), KEY)
    with pytest.raises(InvalidDeploymentError, match='"one"'):
        await operations.update(deployment(secrets=["one"]), KEY)
    assert nomad.registered == 1


async def test_deploying_what_exists_touches_no_secrets(
    operations: FunctionOperations, store: MemorySecretStore
) -> None:
    await store.create("default", "one", b"1")
    await operations.deploy(deployment(), KEY)

    with pytest.raises(FunctionExistsError):
        await operations.deploy(deployment(secrets=["one"]), KEY)
    assert store.calls == []


async def test_scaling_touches_no_secrets_even_when_one_was_deleted(
    operations: FunctionOperations, scaling: Scaling, store: MemorySecretStore, nomad: MemoryNomad
) -> None:
    await store.create("default", "one", b"1")
    await operations.deploy(deployment(secrets=["one"]), KEY)
    await store.delete("default", "one")

    await scaling.set(KEY, "a", 3)

    assert job_count(nomad.jobs[KEY]) == 3


async def test_a_removed_function_s_secrets_are_released(
    operations: FunctionOperations, store: MemorySecretStore
) -> None:
    await store.create("default", "one", b"1")
    await operations.deploy(deployment(secrets=["one"]), KEY)

    await operations.remove(KEY, "a")

    assert store.calls[-1] == ("release", "openfaas-a")


def names_two_regions() -> JobPolicy:
    return JobPolicy(driver="docker", regions=Regions("east", ("west",)))


async def test_a_function_is_written_to_the_region_that_its_annotation_names(
    nomad: MemoryNomad, writes: JobWrites, store: MemorySecretStore, functions: Functions
) -> None:
    async def of_region(region: str = "") -> JobPolicy:
        asked.append(region)
        return names_two_regions()

    asked: list[str] = []
    functions.picture.regions["west"] = RegionPicture(JobReader(read_meta), "west")
    secrets = FunctionSecrets(store, logins_of(functions))
    operations = FunctionOperations(writes, secrets, of_region, lambda: 1)
    west, key = deployment(annotations={REGION: "west"}), KEY._replace(region="west")

    await operations.deploy(west, key)

    assert (set(nomad.jobs), set(nomad.in_region("west").jobs)) == (set(), {key})
    assert set(functions.picture.jobs) == {key}
    assert set(asked) == {"west"}
    with pytest.raises(FunctionExistsError):
        await operations.deploy(deployment(), key)
    with pytest.raises(InvalidDeploymentError, match="west, where the function runs"):
        await operations.update(deployment(), key)
    await operations.remove(key, "a")
    assert nomad.in_region("west").jobs == {}
