"""A preview is the job that a deploy would register, and refuses what a deploy would."""

from typing import Any

import pytest

from faas_nomad.clients.nomad_calls import Indexed
from faas_nomad.model.nomad import Job
from faas_nomad.operations.errors import FunctionExistsError, NoSuchNamespaceError
from faas_nomad.operations.previews import Previews
from faas_nomad.state.records import JobKey, job_count
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.registry_logins import TaskLogin, vault_block_of
from faas_nomad.translate.secret_files import TaskSecrets, own_variables
from support.deployments import CREATED_NS, deployment, job_of
from support.memory_nomad import MemoryNomad
from support.memory_secrets import MemorySecretStore

KEY = JobKey("default", "openfaas-figlet")


class PlanningNomad(MemoryNomad):
    """Plans with what it was sent; nothing may be registered here."""

    planned: Job

    async def plan_job(self, job: Job) -> dict[str, Any]:
        self.planned = job
        return {"Diff": {"Type": "Edited"}}

    async def list_namespaces(self) -> Indexed[dict[str, Any]]:
        dev = {"Name": "dev", "Meta": {"openfaas": "1"}}
        return Indexed([{"Name": "default", "Meta": None}, dev], 1)


@pytest.fixture
def nomad() -> PlanningNomad:
    return PlanningNomad()


@pytest.fixture
def store() -> MemorySecretStore:
    return MemorySecretStore()


@pytest.fixture
def previews(nomad: PlanningNomad, store: MemorySecretStore) -> Previews:
    async def policy(region: str = "") -> JobPolicy:
        return JobPolicy(driver="docker")

    names = Names("openfaas-", "openfaas-fn", "default")
    secrets = lambda key: own_variables(key.job_id)  # noqa: E731
    return Previews(nomad, names, policy, secrets, store)  # type: ignore[arg-type]


async def test_a_rendered_job_is_that_of_a_first_deploy(previews: Previews) -> None:
    job = await previews.render(deployment(labels={"com.openfaas.scale.min": "2"}))

    assert (job["ID"], job["Namespace"], job_count(job)) == ("openfaas-figlet", "default", 2)
    assert job["Meta"]["openfaas.created"] == "0"
    assert job == await previews.render(deployment(labels={"com.openfaas.scale.min": "2"}))


async def test_a_plan_keeps_count_and_creation_of_the_present_job(
    nomad: PlanningNomad, previews: Previews
) -> None:
    nomad.put(KEY, job_of(count=3))

    preview = await previews.plan(deployment(image="new"))

    assert not preview.is_new
    assert job_count(nomad.planned) == 3
    assert nomad.planned["Meta"]["openfaas.created"] == str(CREATED_NS)
    assert nomad.registered == 1


async def test_a_plan_of_what_is_not_there_is_of_a_first_deploy(
    nomad: PlanningNomad, previews: Previews
) -> None:
    nomad.put(KEY, {**job_of(count=3), "Stop": True})

    preview = await previews.plan(deployment())

    assert preview.is_new
    assert job_count(nomad.planned) == 1


async def test_somebody_else_s_job_is_left_alone(nomad: PlanningNomad, previews: Previews) -> None:
    nomad.put(KEY, {**job_of(), "Meta": {}})

    with pytest.raises(FunctionExistsError):
        await previews.plan(deployment())


async def test_a_namespace_must_be_one_for_functions(
    nomad: PlanningNomad, previews: Previews
) -> None:
    await previews.plan(deployment(namespace="dev"))
    assert nomad.planned["Namespace"] == "dev"

    with pytest.raises(NoSuchNamespaceError):
        await previews.plan(deployment(namespace="other"))


async def test_a_secret_must_exist_and_its_value_is_not_read(
    store: MemorySecretStore, previews: Previews
) -> None:
    with pytest.raises(InvalidDeploymentError, match="a secret that exists"):
        await previews.plan(deployment(secrets=["key"]))

    await store.create("default", "key", b"v")
    await previews.plan(deployment(secrets=["key"]))
    assert store.calls == []


@pytest.mark.parametrize(("version", "has_login"), [("1.11.1", True), ("1.10.5", False)])
async def test_a_plan_has_the_store_s_login_where_nomad_can_use_one(
    nomad: PlanningNomad, store: MemorySecretStore, version: str, has_login: bool
) -> None:
    async def policy(_region: str) -> JobPolicy:
        return JobPolicy(driver="docker", registry_secret="pull")

    kept = TaskSecrets(lambda name: name, login=TaskLogin(vault_block_of("kv/data/x", 2), {"v": 1}))
    names = Names("openfaas-", "openfaas-fn", "default")
    previews = Previews(nomad, names, policy, lambda key: kept, store)  # type: ignore[arg-type]
    nomad.version = version

    await previews.plan(deployment(image="ghcr.io/x/figlet:1"))

    [task] = nomad.planned["TaskGroups"][0]["Tasks"]
    assert [one["Provider"] for one in task.get("Secrets", [])] == ["vault"] * has_login
    assert ("auth" in task["Config"]) == has_login
