"""Settings → the data path: in this process, or workers'."""

from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Never

from faas_nomad.api.lean_reads import LeanReads
from faas_nomad.proxy.certificate import Certificate
from faas_nomad.proxy.collector import DataPathCollector
from faas_nomad.proxy.function_series import function_series
from faas_nomad.proxy.server import DataPath
from faas_nomad.proxy.spans import Spans
from faas_nomad.settings.page import Settings
from faas_nomad.state.mesh import MeshIdentity
from faas_nomad.tasks.certificate_watch import follow_certificate
from faas_nomad.wiring.invocations import certificate_files, proxy_limits
from faas_nomad.wiring.parts import Parts
from faas_nomad.workers.collector import WorkersCollector
from faas_nomad.workers.pool import WorkerPool

AnyDataPath = DataPath | WorkerPool


def data_path_of(parts: Parts, settings: Settings, socket: str, spans: Spans | None) -> AnyDataPath:
    """Return the data path, known to all parts that ask it something.

    `socket` is the control plane's; `spans` makes those of invocations (workers have their own).

    Raises:
        OSError, ssl.SSLError: A certificate file cannot be used.
    """
    if settings.proxy.workers == 1:
        path: AnyDataPath = _in_this_process(parts, settings, socket, spans)
    else:
        path = _of_workers(parts, settings, socket)
    services = parts.services
    services.exposition.registry.register(DataPathCollector(path.stats))
    services.exposition.add_series(partial(function_series, path.stats))
    services.rendered.invocations = path.stats.invocations_of
    services.callers.settled = path.under_way
    parts.waking.refuse = path.refuse_waiting
    return path


def data_path_tasks(
    parts: Parts, path: AnyDataPath, settings: Settings
) -> list[Coroutine[Any, Any, Never]]:
    """Return what keeps it running: workers, its certificate, its place in the mesh."""
    tasks = parts.discovering(partial(_take_identity, parts, path))
    if isinstance(path, WorkerPool):
        tasks.append(path.run())
    if files := certificate_files(settings):
        paths = (Path(files.cert_file), Path(files.key_file))
        tasks.append(follow_certificate(paths, path.reload_certificate))
    return tasks


def _in_this_process(
    parts: Parts, settings: Settings, socket: str, spans: Spans | None
) -> DataPath:
    certificate = certificate_files(settings)
    return DataPath(
        table=parts.functions.table,
        control_socket=socket,
        limits=proxy_limits(settings),
        on_endpoint_failed=parts.following.readiness.refused,
        waker=parts.waking if settings.scaling.from_zero else None,
        reads=LeanReads(parts.services).body,
        trust=parts.trust,
        mesh=parts.mesh,
        certificate=Certificate(certificate) if certificate else None,
        spans=spans,
    )


def _of_workers(parts: Parts, settings: Settings, socket: str) -> WorkerPool:
    """Return the pool; lean reads take the socket there."""
    pool = WorkerPool(
        count=settings.proxy.workers,
        table=parts.functions.table,
        control_socket=socket,
        limits=proxy_limits(settings),
        on_endpoint_failed=parts.following.readiness.refused,
        waker=parts.waking if settings.scaling.from_zero else None,
        ca_file=settings.proxy.upstream_ca_file,
        certificate=certificate_files(settings),
    )
    parts.services.exposition.registry.register(WorkersCollector(pool))
    return pool


def _take_identity(parts: Parts, path: AnyDataPath, identity: MeshIdentity) -> None:
    """Make this process, and workers where there are any, a member of the mesh."""
    parts.mesh.take(identity)
    if isinstance(path, WorkerPool):
        path.take_identity(identity)
