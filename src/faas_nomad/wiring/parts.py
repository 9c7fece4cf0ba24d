"""All parts of the service, wired and not yet running."""

import time
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Never

from prometheus_client import CollectorRegistry, ProcessCollector

from faas_nomad.api.exposition import Exposition
from faas_nomad.api.freshness_metrics import FreshnessCollector
from faas_nomad.api.log_metrics import LogCollector
from faas_nomad.api.rendered import RenderedStatuses
from faas_nomad.api.requests_metrics import CallMetrics
from faas_nomad.api.services import BasicAuth, Services
from faas_nomad.api.state_metrics import StateCollector, replica_series
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.operations.alerts import AlertScaling
from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.operations.functions import FunctionOperations
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.namespaces import NamespaceOperations
from faas_nomad.operations.registry_logins import RegistryLogins
from faas_nomad.operations.scaling import Scaling
from faas_nomad.operations.secret_restarts import SecretRestarts
from faas_nomad.operations.secrets import SecretOperations
from faas_nomad.proxy.mesh import Mesh
from faas_nomad.proxy.trust import Trust
from faas_nomad.settings.page import Settings
from faas_nomad.state.backends import Backends, backend_name
from faas_nomad.state.endpoints import RouteTable
from faas_nomad.state.freshness import Freshness
from faas_nomad.state.functions import Functions
from faas_nomad.state.nearness import Nearness
from faas_nomad.state.picture import Picture
from faas_nomad.tasks.mesh_watch import TakeIdentity
from faas_nomad.tasks.nodes import follow_nodes
from faas_nomad.tasks.readiness import Readiness
from faas_nomad.tasks.secret_repair import Repair, keep_repairing
from faas_nomad.tasks.sync import Sync
from faas_nomad.tasks.vacating import Vacating
from faas_nomad.tasks.waking import Waking
from faas_nomad.translate.regions import OWN
from faas_nomad.wiring.discovery import Discoverer, discoverer_of
from faas_nomad.wiring.invocations import probe_of, route_policy, stop_time_of, upstream_trust
from faas_nomad.wiring.jobs import cluster_policy, meta_reader, names_from
from faas_nomad.wiring.logs import LogParts, logs_of
from faas_nomad.wiring.nomad import nomad_client, sync_settings
from faas_nomad.wiring.secrets import Secrets, secrets_of
from faas_nomad.wiring.troubles import TroubleParts, troubles_of
from faas_nomad.wiring.usage import UsageParts, usage_of


@dataclass(frozen=True)
class Parts:
    """The built service, not yet running."""

    nomad: NomadClient
    services: Services
    syncs: tuple[Sync, ...]
    """One a region, the own one first."""
    readiness: Readiness
    table: RouteTable
    secrets: Secrets
    upkeep: tuple[Repair, ...]
    """What is looked over again and again, in this order."""
    discoverer: Discoverer
    usage: UsageParts
    troubles: TroubleParts
    waking: Waking
    logs: LogParts
    trust: Trust
    mesh: Mesh

    def following(self) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks that keep the picture of functions true."""
        return [*(sync.run() for sync in self.syncs), self.readiness.run()]

    def looking_after(self, settings: Settings) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks that look over secrets, usage and what is wrong with functions."""
        every_s = settings.functions.resync_interval_s
        return [
            keep_repairing(self.upkeep, self.syncs[0].synced, every_s),
            *self.secrets.forever(),
            *self.usage.forever(),
            *self.troubles.forever(),
        ]

    async def close(self) -> None:
        """End the connections, once nothing uses them."""
        self.secrets.close()
        self.usage.close()
        await self.logs.close()
        await self.discoverer.close()
        await self.nomad.backend.client.aclose()

    def discovering(self, take: TakeIdentity) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks that follow who serves, where nodes are, and who we are in the mesh.

        `take` is told each identity there.
        """
        functions = self.services.functions
        tasks = self.discoverer.forever(functions, self.services.backends, take)
        if functions.nearness.is_wanted:
            tasks.append(follow_nodes(self.nomad, functions))
        return tasks


def build(settings: Settings, basic_auth: BasicAuth | None) -> Parts:
    """Return all parts, wired. Raises: OSError, ssl.SSLError for unusable certificate files."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    exposition = Exposition(registry)
    names = names_from(settings)
    table = RouteTable(is_known=False)
    picture = Picture(meta_reader(names), names.regions.all)
    backends = Backends()
    discoverer = discoverer_of(settings, backends.called)
    functions = Functions(
        picture,
        table,
        names,
        route_policy,
        discoverer.discovery,
        Nearness(settings.functions.own_datacenter),
        explain=settings.functions.explain,
    )
    nomad = nomad_client(settings, backends.called)
    cluster = cluster_policy(settings, nomad)
    secrets = secrets_of(settings, nomad, functions, backends)
    writes = JobWrites(nomad, functions)
    scaling = Scaling(writes, cluster.current, time.time_ns)
    waking = Waking(functions, scaling)
    logins = RegistryLogins(secrets.logins, functions, nomad, cluster.current, time.monotonic)
    function_secrets = FunctionSecrets(secrets.store, logins)
    operations = FunctionOperations(writes, function_secrets, cluster.current, time.time_ns)
    restarts = SecretRestarts(operations, function_secrets, functions)
    logs = logs_of(settings, nomad, functions)
    services = Services(
        functions=functions,
        operations=operations,
        scaling=scaling,
        alerts=AlertScaling(
            functions,
            scaling,
            time.time_ns,
            step_pause_s=settings.scaling.alert_pause_s,
            is_on=settings.scaling.autoscaler == "builtin",
        ),
        secrets=SecretOperations(secrets.store, functions, restarts, logins),
        namespaces=NamespaceOperations(nomad, functions, secrets.store),
        logs=logs.logs,
        rendered=RenderedStatuses(functions),
        names=names,
        backends=backends,
        exposition=exposition,
        calls=CallMetrics(registry),
        basic_auth=basic_auth,
        max_body_bytes=settings.listen.max_system_body_bytes,
        now_s=time.monotonic,
    )
    freshness = Freshness()
    nomad_state = backends.add(backend_name(OWN))
    syncs = tuple(
        Sync(
            nomad.in_region(region),
            functions,
            backends.add(backend_name(region)),
            sync_settings(settings, region),
            freshness,
        )
        for region in names.regions.all
    )
    trust = upstream_trust(settings)
    mesh = Mesh()
    Vacating(functions, stop_time_of(settings))
    readiness = Readiness(functions, probe_of(settings, trust, mesh))
    registry.register(
        StateCollector(functions, backends, lambda: readiness.probing, time.monotonic)
    )
    registry.register(FreshnessCollector(freshness, nomad_state, time.monotonic))
    exposition.add_series(partial(replica_series, functions))
    usage = usage_of(settings, nomad, functions)
    usage.show_in(services)
    troubles = troubles_of(nomad, functions, services)
    registry.register(LogCollector(logs.logs, logs.connections))
    return Parts(
        nomad,
        services,
        syncs,
        readiness,
        table,
        secrets,
        (secrets.repair, logins, restarts),
        discoverer,
        usage,
        troubles,
        waking,
        logs,
        trust,
        mesh,
    )
