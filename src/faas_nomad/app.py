"""Serving: builds every part from settings, runs them, and stops them in order."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Never

import structlog
import uvicorn

from faas_nomad.api.app import control_plane
from faas_nomad.api.lean_reads import LeanReads
from faas_nomad.api.scaling_metrics import ScalingCollector
from faas_nomad.api.services import BasicAuth, Services
from faas_nomad.operations.function_logs.reading import FunctionLogs
from faas_nomad.proxy.certificate import Certificate
from faas_nomad.proxy.collector import DataPathCollector
from faas_nomad.proxy.function_series import function_series
from faas_nomad.proxy.server import DataPath
from faas_nomad.proxy.spans import Spans
from faas_nomad.proxy.tuning import tune_memory
from faas_nomad.reloading import ReadSettings, Reloading
from faas_nomad.settings.page import Settings
from faas_nomad.state.mesh import MeshIdentity
from faas_nomad.tasks.certificate_watch import follow_certificate
from faas_nomad.tasks.mesh_watch import TakeIdentity
from faas_nomad.tasks.secret_repair import keep_repairing
from faas_nomad.tasks.sync import Sync
from faas_nomad.wiring.invocations import certificate_files, proxy_limits
from faas_nomad.wiring.parts import Parts, build
from faas_nomad.wiring.scaling import scaling_parts
from faas_nomad.workers.collector import WorkersCollector
from faas_nomad.workers.pool import WorkerPool

log = structlog.get_logger()

FIRST_LOOK_WITHIN_S = 3.0
"""Nomad is found to be away within one; the lists of 1,000 functions take a fraction of another."""


async def serve(
    settings: Settings,
    basic_auth: BasicAuth | None,
    read_settings: ReadSettings,
    spans: Spans | None,
) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a forever task that dies is raised after it.

    `read_settings` is called at each SIGHUP; `spans` makes those of invocations (workers have
    their own).
    """
    parts = build(settings, basic_auth)
    with tempfile.TemporaryDirectory(prefix="faas-nomad-") as folder:
        socket = str(Path(folder) / "control.sock")
        async with _control_plane(parts.services, socket) as control:
            data_path = _data_path(parts, settings, socket, spans)
            exposition = parts.services.exposition
            exposition.registry.register(DataPathCollector(data_path.stats))
            exposition.add_series(partial(function_series, data_path.stats))
            parts.services.rendered.invocations = data_path.stats.invocations_of
            parts.services.callers.settled = data_path.under_way
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
            following = [_forever(sync.run()) for sync in parts.syncs]
            following.append(_forever(parts.readiness.run()))
            await _first_look(parts.syncs)
            tune_memory()
            await _listen(data_path, settings)
            repair_every_s = settings.functions.resync_interval_s
            forever = [
                control.serving,
                *following,
                *_workers_of(data_path),
                *_certificate_of(data_path, settings),
                _forever(Reloading(settings, read_settings, data_path).run()),
                _forever(keep_repairing(parts.upkeep, parts.syncs[0].synced, repair_every_s)),
                *(_forever(task) for task in parts.secrets.forever()),
                *(_forever(task) for task in parts.discovering(_take_identity(parts, data_path))),
                *(_forever(task) for task in parts.usage.forever()),
                *(_forever(task) for task in parts.troubles.forever()),
                *(_forever(task) for task in (scaling.forever() if scaling else [])),
            ]
            await _until_ended(forever)
            await _leave(parts.services, data_path, settings.proxy.shutdown_delay_s)
            await _drain(forever, data_path, parts.services.logs)
    parts.secrets.close()
    parts.usage.close()
    await parts.logs.close()
    if scaling is not None:
        await scaling.close()
    await parts.discoverer.close()
    await parts.nomad.backend.client.aclose()


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


def _data_path(
    parts: Parts, settings: Settings, socket: str, spans: Spans | None
) -> DataPath | WorkerPool:
    """Return the data path: in this process, or workers' (lean reads take the socket there)."""
    limits = proxy_limits(settings)
    certificate = certificate_files(settings)
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
            mesh=parts.mesh,
            certificate=Certificate(certificate) if certificate else None,
            spans=spans,
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


def _take_identity(parts: Parts, data_path: DataPath | WorkerPool) -> TakeIdentity:
    """Return what makes this process, and workers where there are any, members of the mesh."""

    def take(identity: MeshIdentity) -> None:
        parts.mesh.take(identity)
        if isinstance(data_path, WorkerPool):
            data_path.take_identity(identity)

    return take


def _workers_of(data_path: DataPath | WorkerPool) -> "list[asyncio.Future[Never]]":
    return [_forever(data_path.run())] if isinstance(data_path, WorkerPool) else []


def _certificate_of(
    data_path: DataPath | WorkerPool, settings: Settings
) -> "list[asyncio.Future[Never]]":
    files = certificate_files(settings)
    if files is None:
        return []
    paths = (Path(files.cert_file), Path(files.key_file))
    return [_forever(follow_certificate(paths, data_path.reload_certificate))]


async def _first_look(syncs: Sequence[Sync]) -> None:
    """Wait until functions are known, but not for a Nomad that is away or slow.

    To a balancer an instance that refuses connections is not there yet, and it takes another one;
    a 503 of ours would go to the caller.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(FIRST_LOOK_WITHIN_S):
            for sync in syncs:
                await sync.looked.wait()


async def _listen(data_path: DataPath | WorkerPool, settings: Settings) -> None:
    listen = settings.listen
    port = await data_path.listen(listen.host, listen.port, address="provider")
    log.info("provider address", host=listen.host, port=port)
    if listen.gateway_port:
        port = await data_path.listen(listen.host, listen.gateway_port, address="gateway")
        log.info("gateway address", host=listen.host, port=port)


async def _until_ended(forever: list["asyncio.Future[Any]"]) -> None:
    """Wait until told to stop, or until a forever task has died."""
    stopped = asyncio.ensure_future(_stop_signal())
    await asyncio.wait([stopped, *forever], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()


async def _leave(services: Services, data_path: DataPath | WorkerPool, delay_s: float) -> None:
    """Serve on for `delay_s` while balancers learn, by /healthz and /readyz, to go elsewhere."""
    services.lifecycle.is_stopping = True
    data_path.leave()
    if delay_s:
        log.info("stopping, callers may leave first", shutdown_delay_s=delay_s)
        await asyncio.sleep(delay_s)


async def _drain(
    forever: list["asyncio.Future[Any]"], data_path: DataPath | WorkerPool, logs: FunctionLogs
) -> None:
    """End what is under way, then the forever tasks; raise what one of these had died of."""
    log.info("stopping, requests under way may finish")
    logs.close()
    died = [task for task in forever if task.done()]
    if not await data_path.drain():
        log.warning("some requests were cut off: they outlasted the drain time")
    data_path.close()
    for task in forever[1:]:
        task.cancel()
    await asyncio.gather(*forever[1:], return_exceptions=True)
    for task in died:
        task.result()


async def _stop_signal() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _forever(task: Coroutine[Any, Any, Never]) -> "asyncio.Future[Never]":
    return asyncio.ensure_future(task)
