"""The composition root: builds every part from settings, runs them, and stops them in order."""

import asyncio
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Never

import structlog
import uvicorn
from prometheus_client import CollectorRegistry, ProcessCollector

from faas_nomad import wiring
from faas_nomad.api.app import control_plane
from faas_nomad.api.exposition import Exposition
from faas_nomad.api.freshness_metrics import FreshnessCollector
from faas_nomad.api.lean_reads import LeanReads
from faas_nomad.api.log_metrics import LogCollector
from faas_nomad.api.rendered import RenderedStatuses
from faas_nomad.api.requests_metrics import CallMetrics
from faas_nomad.api.scaling_metrics import ScalingCollector
from faas_nomad.api.services import BasicAuth, Services
from faas_nomad.api.state_metrics import StateCollector, replica_series
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.operations.alerts import AlertScaling
from faas_nomad.operations.function_logs.reading import FunctionLogs
from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.operations.functions import FunctionOperations
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.namespaces import NamespaceOperations
from faas_nomad.operations.registry_logins import RegistryLogins
from faas_nomad.operations.scaling import Scaling
from faas_nomad.operations.secret_restarts import SecretRestarts
from faas_nomad.operations.secrets import SecretOperations
from faas_nomad.proxy.certificate import Certificate
from faas_nomad.proxy.collector import DataPathCollector
from faas_nomad.proxy.function_series import function_series
from faas_nomad.proxy.server import DataPath
from faas_nomad.proxy.trust import Trust
from faas_nomad.reloading import ReadSettings, Reloading
from faas_nomad.settings.page import Settings
from faas_nomad.state.backends import Backends
from faas_nomad.state.endpoints import RouteTable
from faas_nomad.state.freshness import Freshness
from faas_nomad.state.functions import Functions
from faas_nomad.state.nearness import Nearness
from faas_nomad.state.picture import Picture
from faas_nomad.tasks.certificate_watch import follow_certificate
from faas_nomad.tasks.nodes import follow_nodes
from faas_nomad.tasks.readiness import Readiness
from faas_nomad.tasks.secret_repair import Repair, keep_repairing
from faas_nomad.tasks.sync import Sync
from faas_nomad.tasks.waking import Waking
from faas_nomad.wiring_discovery import Discoverer, discoverer_of
from faas_nomad.wiring_logs import LogParts, logs_of
from faas_nomad.wiring_scaling import scaling_parts
from faas_nomad.wiring_secrets import Secrets, secrets_of
from faas_nomad.wiring_troubles import TroubleParts, troubles_of
from faas_nomad.wiring_usage import UsageParts, usage_of
from faas_nomad.workers.collector import WorkersCollector
from faas_nomad.workers.pool import WorkerPool

log = structlog.get_logger()


@dataclass(frozen=True)
class Parts:
    """The built service, not yet running."""

    nomad: NomadClient
    services: Services
    sync: Sync
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


def build(settings: Settings, basic_auth: BasicAuth | None) -> Parts:
    """Return all parts, wired. Raises: OSError, ssl.SSLError for unusable certificate files."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    exposition = Exposition(registry)
    names = wiring.names_from(settings)
    table = RouteTable(is_known=False)
    picture = Picture(wiring.meta_reader(names))
    backends = Backends()
    discoverer = discoverer_of(settings, backends.called)
    functions = Functions(
        picture,
        table,
        names,
        wiring.route_policy,
        discoverer.discovery,
        Nearness(settings.functions.own_datacenter),
        explain=settings.functions.explain,
    )
    nomad = wiring.nomad_client(settings, backends.called)
    cluster = wiring.cluster_policy(settings, nomad)
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
    nomad_state = backends.add("nomad")
    sync = Sync(nomad, functions, nomad_state, wiring.sync_settings(settings), freshness)
    trust = wiring.upstream_trust(settings)
    readiness = Readiness(functions, wiring.probe_of(settings, trust))
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
        sync,
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
    )


async def serve(
    settings: Settings, basic_auth: BasicAuth | None, read_settings: ReadSettings
) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a forever task that dies is raised after it.

    `read_settings` is called at each SIGHUP.
    """
    parts = build(settings, basic_auth)
    with tempfile.TemporaryDirectory(prefix="faas-nomad-") as folder:
        socket = str(Path(folder) / "control.sock")
        async with _control_plane(parts.services, socket) as control:
            data_path = _data_path(parts, settings, socket)
            exposition = parts.services.exposition
            exposition.registry.register(DataPathCollector(data_path.stats))
            exposition.add_series(partial(function_series, data_path.stats))
            parts.services.rendered.invocations = data_path.stats.invocations_of
            parts.waking.refuse = data_path.refuse_waiting
            changes = parts.services.scaling.changes
            scaling = scaling_parts(
                settings,
                parts.nomad,
                parts.services.functions,
                parts.services.scaling,
                data_path.stats,
                data_path.under_way,
                parts.usage.cpu_millicores,
            )
            decides = scaling.decides if scaling else bool
            exposition.registry.register(ScalingCollector(changes, decides))
            await _listen(data_path, settings)
            repair_every_s = settings.functions.resync_interval_s
            forever = [
                control.serving,
                *_workers_of(data_path),
                *_certificate_of(data_path, settings),
                _forever(Reloading(settings, read_settings, data_path).run()),
                _forever(parts.sync.run()),
                _forever(parts.readiness.run()),
                _forever(keep_repairing(parts.upkeep, parts.sync.synced, repair_every_s)),
                *(_forever(task) for task in parts.secrets.forever()),
                *(_forever(task) for task in _discovering(parts)),
                *(_forever(task) for task in parts.usage.forever()),
                *(_forever(task) for task in parts.troubles.forever()),
                *(_forever(task) for task in (scaling.forever() if scaling else [])),
            ]
            await _until_stopped(forever, data_path, parts.services.logs)
    parts.secrets.close()
    parts.usage.close()
    await parts.logs.close()
    if scaling is not None:
        await scaling.close()
    await parts.discoverer.close()
    await parts.nomad.backend.client.aclose()


def _discovering(parts: Parts) -> list[Coroutine[Any, Any, Never]]:
    functions = parts.services.functions
    tasks = parts.discoverer.forever(functions, parts.services.backends)
    if functions.nearness.is_wanted:
        tasks.append(follow_nodes(parts.nomad, functions))
    return tasks


@dataclass
class ControlPlane:
    """uvicorn behind the local socket; `serving` ends when it stops."""

    server: uvicorn.Server
    serving: "asyncio.Future[Any]"


@asynccontextmanager
async def _control_plane(services: Services, socket: str) -> AsyncIterator[ControlPlane]:
    config = uvicorn.Config(
        control_plane(services),
        uds=socket,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        http="httptools",
        ws="none",
        timeout_keep_alive=75,
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.005)
    try:
        yield ControlPlane(server, serving)
    finally:
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)


def _data_path(parts: Parts, settings: Settings, socket: str) -> DataPath | WorkerPool:
    """Return the data path: in this process, or workers' (lean reads take the socket there)."""
    limits = wiring.proxy_limits(settings)
    certificate = wiring.certificate_files(settings)
    waker = parts.waking if settings.scaling.from_zero else None
    if settings.proxy.workers == 1:
        return DataPath(
            table=parts.table,
            control_socket=socket,
            limits=limits,
            on_endpoint_failed=parts.readiness.refused,
            waker=waker,
            reads=LeanReads(parts.services).body,
            trust=parts.trust,
            certificate=Certificate(certificate) if certificate else None,
        )
    pool = WorkerPool(
        count=settings.proxy.workers,
        table=parts.table,
        control_socket=socket,
        limits=limits,
        on_endpoint_failed=parts.readiness.refused,
        waker=waker,
        ca_file=settings.proxy.upstream_ca_file,
        certificate=certificate,
    )
    parts.services.exposition.registry.register(WorkersCollector(pool))
    return pool


def _workers_of(data_path: DataPath | WorkerPool) -> "list[asyncio.Future[Never]]":
    return [_forever(data_path.run())] if isinstance(data_path, WorkerPool) else []


def _certificate_of(
    data_path: DataPath | WorkerPool, settings: Settings
) -> "list[asyncio.Future[Never]]":
    files = wiring.certificate_files(settings)
    if files is None:
        return []
    paths = (Path(files.cert_file), Path(files.key_file))
    return [_forever(follow_certificate(paths, data_path.reload_certificate))]


async def _listen(data_path: DataPath | WorkerPool, settings: Settings) -> None:
    listen = settings.listen
    port = await data_path.listen(listen.host, listen.port, address="provider")
    log.info("provider address", host=listen.host, port=port)
    if listen.gateway_port:
        port = await data_path.listen(listen.host, listen.gateway_port, address="gateway")
        log.info("gateway address", host=listen.host, port=port)


async def _until_stopped(
    forever: list["asyncio.Future[Any]"], data_path: DataPath | WorkerPool, logs: FunctionLogs
) -> None:
    stopped = asyncio.ensure_future(_stop_signal())
    ended, _ = await asyncio.wait([stopped, *forever], return_when=asyncio.FIRST_COMPLETED)
    log.info("stopping, requests under way may finish")
    logs.close()
    if not await data_path.drain():
        log.warning("some requests were cut off: they outlasted the drain time")
    data_path.close()
    for task in (stopped, *forever[1:]):
        task.cancel()
    await asyncio.gather(*forever[1:], return_exceptions=True)
    for done in ended:
        done.result()


async def _stop_signal() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _forever(task: Coroutine[Any, Any, Never]) -> "asyncio.Future[Never]":
    return asyncio.ensure_future(task)
