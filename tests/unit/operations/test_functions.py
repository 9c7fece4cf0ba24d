"""Functions are deployed, updated and removed by Nomad's present job."""

import pytest

from faas_nomad.operations.errors import FunctionExistsError, NoSuchFunctionError
from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.operations.functions import FunctionOperations
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.scaling import Scaling
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import job_count
from faas_nomad.state.region.jobs import JobReader
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.meta import created_ns_from_meta, deployment_from_job_meta
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.regions import Regions
from support.job_meta import read_deployment
from support.memory_logins import logins_of
from support.memory_nomad import MemoryNomad
from support.memory_secrets import MemorySecretStore
from support.writing import KEY, deployment

REGION = "com.openfaas.nomad.region"


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


async def test_scaling_above_the_maximum_is_refused(
    operations: FunctionOperations, scaling: Scaling
) -> None:
    await operations.deploy(deployment(labels={"com.openfaas.scale.max": "3"}), KEY)

    with pytest.raises(InvalidDeploymentError, match="replicas"):
        await scaling.set(KEY, "a", 4)


async def test_a_removed_function_is_gone_at_once(
    operations: FunctionOperations, functions: Functions, nomad: MemoryNomad
) -> None:
    await operations.deploy(deployment(), KEY)

    await operations.remove(KEY, "a")

    assert functions.find(KEY) is None
    assert functions.table.find("a") is None
    assert nomad.jobs == {}


async def test_a_function_whose_job_was_edited_to_what_nobody_reads_can_be_removed(
    operations: FunctionOperations, nomad: MemoryNomad
) -> None:
    await operations.deploy(deployment(), KEY)
    nomad.jobs[KEY]["Meta"]["openfaas.spec"] = "edited by hand"

    await operations.remove(KEY, "a")

    assert nomad.jobs == {}


async def test_removing_what_is_not_there_is_told(operations: FunctionOperations) -> None:
    with pytest.raises(NoSuchFunctionError):
        await operations.remove(KEY, "a")


def names_two_regions() -> JobPolicy:
    return JobPolicy(driver="docker", regions=Regions("east", ("west",)))


async def test_a_function_is_written_to_the_region_that_its_annotation_names(
    nomad: MemoryNomad, writes: JobWrites, store: MemorySecretStore, functions: Functions
) -> None:
    async def of_region(region: str = "") -> JobPolicy:
        asked.append(region)
        return names_two_regions()

    asked: list[str] = []
    functions.picture.regions["west"] = RegionPicture(JobReader(read_deployment), "west")
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
