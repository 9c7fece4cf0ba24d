"""The control plane on an in-memory Nomad, asked through ASGI."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
from prometheus_client import CollectorRegistry

from faas_nomad.api.exposition import Exposition
from faas_nomad.api.rendered import RenderedStatuses
from faas_nomad.api.requests_metrics import CallMetrics
from faas_nomad.api.services import BasicAuth, Services
from faas_nomad.operations.alerts import AlertScaling
from faas_nomad.operations.function_logs.bounds import LogBounds
from faas_nomad.operations.function_logs.reading import FunctionLogs
from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.operations.functions import FunctionOperations
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.namespaces import NamespaceOperations
from faas_nomad.operations.scaling import Scaling
from faas_nomad.operations.secret_restarts import SecretRestarts
from faas_nomad.operations.secrets import SecretOperations
from faas_nomad.state.backends import Backends
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from support.job_meta import read_deployment
from support.memory_logins import logins_of
from support.memory_nomad import MemoryNomad
from support.memory_outputs import MemoryOutputs
from support.memory_secrets import MemorySecretStore

CREATED_NS = 1_795_225_212_000_000_001
Opened = Callable[..., "ControlPlane"]


@dataclass
class ControlPlane:
    """A client of the application and what is behind it."""

    client: httpx.AsyncClient
    nomad: MemoryNomad
    services: Services


async def policy(region: str = "") -> JobPolicy:
    return JobPolicy(driver="docker")


def build_services(nomad: MemoryNomad, auth: BasicAuth | None, max_body_bytes: int) -> Services:
    names = Names("openfaas-", "openfaas-fn", "default")
    functions = Functions(Picture(read_deployment), RouteTable(), names, lambda _job: RoutePolicy())
    functions.replace(Snapshot(1, [], [], []))
    store = MemorySecretStore()
    writes = JobWrites(nomad, functions)  # type: ignore[arg-type]
    logins = logins_of(functions)
    function_secrets = FunctionSecrets(store, logins)
    operations = FunctionOperations(writes, function_secrets, policy, lambda: CREATED_NS)
    scaling = Scaling(writes, policy, lambda: CREATED_NS)
    registry = CollectorRegistry()
    return Services(
        functions=functions,
        operations=operations,
        scaling=scaling,
        alerts=AlertScaling(functions, scaling, lambda: CREATED_NS, step_pause_s=0.0),
        secrets=SecretOperations(
            store,
            functions,
            SecretRestarts(operations, function_secrets, functions),
            logins,
        ),
        namespaces=NamespaceOperations(nomad, functions, store),  # type: ignore[arg-type]
        logs=FunctionLogs(nomad, MemoryOutputs(), functions, LogBounds(), lambda: CREATED_NS),
        rendered=RenderedStatuses(functions),
        names=names,
        backends=Backends(),
        exposition=Exposition(registry),
        calls=CallMetrics(registry),
        basic_auth=auth,
        max_body_bytes=max_body_bytes,
        now_s=lambda: 0.0,
    )
