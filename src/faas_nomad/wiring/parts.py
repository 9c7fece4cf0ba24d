"""All parts of the service, wired and not yet running."""

import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Never

from prometheus_client import CollectorRegistry, ProcessCollector

from faas_nomad.api.exposition import Exposition
from faas_nomad.api.log_metrics import LogCollector
from faas_nomad.api.rendered import RenderedStatuses
from faas_nomad.api.requests_metrics import CallMetrics
from faas_nomad.api.services import BasicAuth, Services
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.proxy.mesh import Mesh
from faas_nomad.proxy.trust import Trust
from faas_nomad.settings.page import Settings
from faas_nomad.state.backends import Backends
from faas_nomad.state.functions import Functions
from faas_nomad.tasks.mesh_watch import TakeIdentity
from faas_nomad.tasks.nodes import follow_nodes
from faas_nomad.tasks.secret_repair import keep_repairing
from faas_nomad.tasks.waking import Waking
from faas_nomad.wiring.discovery import Discoverer, discoverer_of
from faas_nomad.wiring.following import Following, following_of, functions_of, show_following
from faas_nomad.wiring.invocations import upstream_trust
from faas_nomad.wiring.logs import LogParts, logs_of
from faas_nomad.wiring.nomad import nomad_client
from faas_nomad.wiring.operations import Operations, operations_of
from faas_nomad.wiring.secrets import Secrets, secrets_of
from faas_nomad.wiring.troubles import TroubleParts, troubles_of
from faas_nomad.wiring.usage import UsageParts, usage_of


@dataclass(frozen=True)
class Parts:
    """The built service, not yet running."""

    nomad: NomadClient
    functions: Functions
    following: Following
    discoverer: Discoverer
    operations: Operations
    secrets: Secrets
    logs: LogParts
    usage: UsageParts
    troubles: TroubleParts
    waking: Waking
    trust: Trust
    mesh: Mesh
    services: Services

    def looking_after(self, settings: Settings) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks that look over secrets, usage and what is wrong with functions."""
        every_s, synced = settings.functions.resync_interval_s, self.following.syncs[0].synced
        return [
            keep_repairing(self.operations.upkeep, synced, every_s),
            *self.secrets.forever(),
            *self.usage.forever(),
            *self.troubles.forever(),
        ]

    def discovering(self, take: TakeIdentity) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks that follow who serves, where nodes are, and who we are in the mesh.

        `take` is told each identity there.
        """
        tasks = self.discoverer.forever(self.functions, self.services.backends, take)
        if self.functions.nearness.is_wanted:
            tasks.append(follow_nodes(self.nomad, self.functions))
        return tasks

    async def close(self) -> None:
        """End the connections, once nothing uses them."""
        self.secrets.close()
        self.usage.close()
        await self.logs.close()
        await self.discoverer.close()
        await self.nomad.backend.client.aclose()


def build(settings: Settings, basic_auth: BasicAuth | None) -> Parts:
    """Return all parts, wired. Raises: OSError, ssl.SSLError for unusable certificate files."""
    backends = Backends()
    discoverer = discoverer_of(settings, backends.called)
    functions = functions_of(settings, discoverer.discovery)
    nomad = nomad_client(settings, backends.called)
    secrets = secrets_of(settings, nomad, functions, backends)
    trust, mesh = upstream_trust(settings), Mesh()
    operations = operations_of(settings, nomad, functions, secrets)
    logs = logs_of(settings, nomad, functions)
    services = _services(settings, functions, operations, logs, backends, basic_auth)
    following = following_of(settings, nomad, functions, backends, trust, mesh)
    show_following(following, functions, backends, services.exposition)
    usage = usage_of(settings, nomad, functions)
    usage.show_in(services)
    return Parts(
        nomad=nomad,
        functions=functions,
        following=following,
        discoverer=discoverer,
        operations=operations,
        secrets=secrets,
        logs=logs,
        usage=usage,
        troubles=troubles_of(nomad, functions, services),
        waking=Waking(functions, operations.scaling),
        trust=trust,
        mesh=mesh,
        services=services,
    )


def _services(
    settings: Settings,
    functions: Functions,
    operations: Operations,
    logs: LogParts,
    backends: Backends,
    basic_auth: BasicAuth | None,
) -> Services:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(LogCollector(logs.logs, logs.connections))
    return Services(
        functions=functions,
        operations=operations.functions,
        scaling=operations.scaling,
        alerts=operations.alerts,
        secrets=operations.secrets,
        namespaces=operations.namespaces,
        logs=logs.logs,
        rendered=RenderedStatuses(functions),
        names=functions.names,
        backends=backends,
        exposition=Exposition(registry),
        calls=CallMetrics(registry),
        basic_auth=basic_auth,
        max_body_bytes=settings.listen.max_system_body_bytes,
        now_s=time.monotonic,
    )
