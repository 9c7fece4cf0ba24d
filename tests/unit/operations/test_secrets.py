"""Secrets as functions use them."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from faas_nomad.clients.errors import UnreachableError
from faas_nomad.clients.secret_store import NoSuchSecretError
from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.operations.secret_restarts import SecretRestarts
from faas_nomad.operations.secrets import SecretOperations
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.secret_names import InvalidSecretError
from support.deployments import deployment, job_of
from support.job_meta import read_deployment
from support.memory_logins import logins_of
from support.memory_secrets import MemorySecretStore

KEY = JobKey("default", "openfaas-figlet")


@pytest.fixture
def store() -> MemorySecretStore:
    return MemorySecretStore()


@pytest.fixture
def functions() -> Functions:
    names = Names("openfaas-", "openfaas-fn", "default")
    return Functions(Picture(read_deployment), RouteTable(), names, lambda _job: RoutePolicy())


@pytest.fixture
def of_function(store: MemorySecretStore, functions: Functions) -> FunctionSecrets:
    return FunctionSecrets(store, logins_of(functions))


@pytest.fixture
def restarted() -> "Restarted":
    return Restarted()


@pytest.fixture
def secrets(
    store: MemorySecretStore, functions: Functions, restarted: "Restarted"
) -> SecretOperations:
    logins = logins_of(functions)
    restarts = SecretRestarts(restarted, FunctionSecrets(store, logins), functions)
    return SecretOperations(store, functions, restarts, logins)


class Restarted:
    """Remembers which functions were to be restarted."""

    def __init__(self) -> None:
        self.keys: list[JobKey] = []

    async def restart_for_secrets(self, key: JobKey) -> None:
        self.keys.append(key)


def deployed(functions: Functions, **fields: Any) -> None:
    functions.write_through({**job_of(deployment(**fields)), "Version": 0}, 7)


async def test_an_update_is_for_the_functions_that_name_the_secret(
    secrets: SecretOperations, store: MemorySecretStore, functions: Functions
) -> None:
    deployed(functions, secrets=["a", "b"])
    await secrets.create("default", "a", b"1")
    await secrets.create("default", "unused", b"1")

    await secrets.update("default", "a", b"2")
    await secrets.update("default", "unused", b"2")

    assert store.calls == [
        ("update", "a", [("openfaas-figlet", ["a", "b"], "")]),
        ("update", "unused", []),
    ]


@pytest.mark.parametrize(("mode", "keys"), [("restart", [KEY]), ("noop", []), ("signal", [])])
async def test_an_update_restarts_the_functions_that_asked_for_it(
    secrets: SecretOperations,
    functions: Functions,
    restarted: Restarted,
    mode: str,
    keys: list[JobKey],
) -> None:
    asked = {"com.openfaas.nomad.secrets.change_mode": mode}
    deployed(functions, secrets=["a"], annotations=asked)
    for name in ("a", "b"):
        await secrets.create("default", name, b"1")
        await secrets.update("default", name, b"2")

    assert restarted.keys == keys


async def test_deleting_a_used_secret_is_logged_with_the_function_s_name(
    secrets: SecretOperations, functions: Functions
) -> None:
    deployed(functions, secrets=["a"])
    await secrets.create("default", "a", b"s3cret")

    with capture_logs() as logs:
        await secrets.delete("default", "a")

    [line] = logs
    assert (line["secret"], line["functions"]) == ("a", ["figlet"])
    assert "s3cret" not in str(logs)


async def test_deleting_an_unused_secret_is_no_news(secrets: SecretOperations) -> None:
    await secrets.create("default", "a", b"1")

    with capture_logs() as logs:
        await secrets.delete("default", "a")

    assert logs == []


async def test_a_bad_name_never_reaches_the_store(secrets: SecretOperations) -> None:
    for call in (
        secrets.create("default", "../x", b""),
        secrets.update("default", "../x", b""),
        secrets.delete("default", "../x"),
    ):
        with pytest.raises(InvalidSecretError):
            await call


async def test_a_function_without_secrets_asks_the_store_nothing(
    store: MemorySecretStore, of_function: FunctionSecrets
) -> None:

    await of_function.prepare(deployment(), KEY, JobPolicy())
    await of_function.settle(deployment(), KEY)
    await of_function.release(deployment(), KEY)

    assert store.calls == []


async def test_a_missing_secret_is_named(
    store: MemorySecretStore, of_function: FunctionSecrets
) -> None:
    with pytest.raises(InvalidDeploymentError, match='secrets: "a" is not a secret that exists'):
        await of_function.prepare(deployment(secrets=["a"]), KEY, JobPolicy())
    with pytest.raises(NoSuchSecretError):
        await store.delete("default", "a")


async def test_what_fails_after_nomad_has_the_job_is_logged_and_left_to_the_repair(
    store: MemorySecretStore, of_function: FunctionSecrets
) -> None:
    store.failure = UnreachableError("Nomad cannot be reached")
    fn = deployment(secrets=["a"])

    with capture_logs() as logs:
        await of_function.settle(fn, KEY)
        await of_function.release(fn, KEY)

    assert [line["function"] for line in logs] == ["figlet", "figlet"]
