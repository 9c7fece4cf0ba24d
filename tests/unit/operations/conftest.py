"""Operations on a Nomad in memory."""

import pytest

from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.operations.functions import FunctionOperations
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.scaling import Scaling
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.translate.names import Names
from support.job_meta import read_deployment
from support.memory_logins import logins_of
from support.memory_nomad import MemoryNomad
from support.memory_secrets import MemorySecretStore
from support.writing import no_sleep, policy


@pytest.fixture
def nomad() -> MemoryNomad:
    return MemoryNomad()


@pytest.fixture
def functions() -> Functions:
    names = Names("openfaas-", "openfaas-fn", "default")
    return Functions(Picture(read_deployment), RouteTable(), names, lambda _job: RoutePolicy())


@pytest.fixture
def store() -> MemorySecretStore:
    return MemorySecretStore()


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
