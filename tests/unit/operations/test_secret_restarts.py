"""A function that asked for it is restarted once for each change of its secrets."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from faas_nomad.clients.errors import UnreachableError
from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.operations.functions import FunctionOperations
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.secret_restarts import SecretRestarts
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.translate.meta import deployment_from_job_meta
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.secret_changes import generations_from_meta
from support.deployments import deployment
from support.job_meta import read_deployment
from support.memory_logins import logins_of
from support.memory_nomad import MemoryNomad
from support.memory_secrets import MemorySecretStore

KEY = JobKey("default", "openfaas-figlet")
ASKED = {"com.openfaas.nomad.secrets.change_mode": "restart"}


class Site:
    """Everything that a restart works with."""

    def __init__(self) -> None:
        async def policy(region: str = "") -> JobPolicy:
            return JobPolicy(driver="docker")

        async def no_sleep(_s: float) -> None:
            await asyncio.sleep(0)

        names = Names("openfaas-", "openfaas-fn", "default")
        self.nomad = MemoryNomad()
        self.store = MemorySecretStore()
        self.functions = Functions(
            Picture(read_deployment), RouteTable(), names, lambda _job: RoutePolicy()
        )
        secrets = FunctionSecrets(self.store, logins_of(self.functions))
        writes = JobWrites(self.nomad, self.functions, no_sleep)  # type: ignore[arg-type]
        self.operations = FunctionOperations(writes, secrets, policy, lambda: 1)
        self.restarts = SecretRestarts(self.operations, secrets, self.functions)

    async def deploy(self, **fields: Any) -> None:
        await self.operations.deploy(deployment(secrets=["a"], **fields), KEY)

    async def change(self, value: bytes = b"2") -> None:
        await self.store.update("default", "a", value, [])

    @property
    def registered(self) -> int:
        return self.nomad.registered


@pytest.fixture
async def site() -> Site:
    found = Site()
    await found.store.create("default", "a", b"1")
    return found


async def test_only_meta_changes_so_that_the_update_is_like_any_other(site: Site) -> None:
    await site.deploy(annotations=ASKED)
    before = site.nomad.jobs[KEY]
    await site.change()

    await site.restarts.pass_over()

    after = site.nomad.jobs[KEY]
    assert generations_from_meta(before["Meta"]) == {"a": "0"}
    assert generations_from_meta(after["Meta"]) == {"a": "1"}
    same = ("TaskGroups", "Namespace", "Datacenters", "Constraints")
    assert [after[key] for key in same] == [before[key] for key in same]
    assert deployment_from_job_meta(after["Meta"]) == deployment_from_job_meta(before["Meta"])


@pytest.mark.parametrize("annotations", [{}, {"com.openfaas.nomad.secrets.change_mode": "signal"}])
async def test_others_are_left_alone_and_have_no_generations(
    site: Site, annotations: dict[str, str]
) -> None:
    await site.deploy(annotations=annotations)
    await site.change()

    await site.restarts.pass_over()

    assert site.registered == 1
    assert "openfaas.secrets" not in site.nomad.jobs[KEY]["Meta"]


async def test_a_change_restarts_once_and_a_pass_without_one_never(site: Site) -> None:
    await site.deploy(annotations=ASKED)
    await site.restarts.pass_over()
    assert site.registered == 1

    await site.change()
    for _ in range(3):
        await site.restarts.pass_over()

    assert site.registered == 2


async def test_a_rollback_by_nomad_is_not_undone_again(site: Site) -> None:
    await site.deploy(annotations=ASKED)
    old = site.nomad.jobs[KEY]
    await site.change()
    await site.restarts.pass_over()
    site.nomad.put(KEY, old)

    await site.restarts.pass_over()

    assert generations_from_meta(site.nomad.jobs[KEY]["Meta"]) == {"a": "0"}
    await site.change(b"3")
    await site.restarts.pass_over()
    assert generations_from_meta(site.nomad.jobs[KEY]["Meta"]) == {"a": "2"}


async def test_a_deleted_secret_restarts_nothing(site: Site) -> None:
    await site.deploy(annotations=ASKED)
    await site.store.delete("default", "a")

    await site.restarts.pass_over()

    assert site.registered == 1


async def test_what_another_instance_has_restarted_is_not_restarted_again(site: Site) -> None:
    await site.deploy(annotations=ASKED)
    await site.change()
    secrets = FunctionSecrets(site.store, logins_of(site.functions))
    another = SecretRestarts(site.operations, secrets, site.functions)

    await asyncio.gather(another.pass_over(), site.restarts.pass_over())

    assert site.registered == 2


async def test_a_function_that_is_gone_or_somebody_else_s_is_not_touched(site: Site) -> None:
    await site.operations.restart_for_secrets(KEY)
    for meta in (None, {"openfaas": "1", "openfaas.spec": "edited by hand"}):
        site.nomad.put(KEY, {"ID": KEY.job_id, "Namespace": "default", "Meta": meta})
        await site.operations.restart_for_secrets(KEY)

    assert site.registered == 2


async def test_after_an_update_a_failure_is_logged_and_made_up_for(site: Site) -> None:
    await site.deploy(annotations=ASKED)
    await site.change()
    [job] = site.functions.directory.in_namespace("default")
    site.store.failure = UnreachableError("Nomad cannot be reached")

    with capture_logs() as logs:
        await site.restarts.restart([job])
    with pytest.raises(UnreachableError):
        await site.restarts.pass_over()
    site.store.failure = None
    await site.restarts.pass_over()

    assert [(line["function"], line["reason"]) for line in logs] == [
        ("figlet", "Nomad cannot be reached")
    ]
    assert site.registered == 2
