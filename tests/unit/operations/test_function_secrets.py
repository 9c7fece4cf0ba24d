"""A function's secrets are there before its job, and go with it."""

import pytest

from faas_nomad.operations.errors import FunctionExistsError
from faas_nomad.operations.functions import FunctionOperations
from faas_nomad.operations.scaling import Scaling
from faas_nomad.state.records import job_count
from faas_nomad.translate.errors import InvalidDeploymentError
from support.memory_nomad import MemoryNomad
from support.memory_secrets import MemorySecretStore
from support.writing import KEY, deployment


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
