"""What the routes work with; `wiring` builds it once, routes ask for it by `ServicesDep`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from faas_nomad.api.exposition import Exposition
from faas_nomad.api.rendered import RenderedStatuses
from faas_nomad.api.requests_metrics import CallMetrics
from faas_nomad.operations.alerts import AlertScaling
from faas_nomad.operations.function_logs.reading import FunctionLogs
from faas_nomad.operations.functions import FunctionOperations
from faas_nomad.operations.namespaces import NamespaceOperations
from faas_nomad.operations.scaling import Scaling
from faas_nomad.operations.secrets import SecretOperations
from faas_nomad.state.backends import Backends
from faas_nomad.state.functions import Functions
from faas_nomad.translate.names import Names


@dataclass(frozen=True)
class BasicAuth:
    """The one pair of credentials that the API takes."""

    user: str
    password: str


@dataclass
class Lifecycle:
    """Whether the service is about to end, so that balancers should leave it."""

    is_stopping: bool = False


async def _at_once(_function: str) -> None:
    """One process holds all: what was written is in force."""


@dataclass
class Callers:
    """Where invocations are taken; `wiring.data_path` tells once that is known."""

    settled: Callable[[str], Awaitable[object]] = _at_once
    """Waits until what was written of a function holds for all callers, 2 s at most."""


@dataclass(frozen=True)
class Services:
    """Everything a route may need."""

    functions: Functions
    operations: FunctionOperations
    scaling: Scaling
    alerts: AlertScaling
    secrets: SecretOperations
    namespaces: NamespaceOperations
    logs: FunctionLogs
    rendered: RenderedStatuses
    names: Names
    backends: Backends
    exposition: Exposition
    calls: CallMetrics
    basic_auth: BasicAuth | None
    max_body_bytes: int
    now_s: Callable[[], float]
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    callers: Callers = field(default_factory=Callers)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]
