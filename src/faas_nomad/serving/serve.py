"""Serving: builds every part from settings, runs them, and stops them in order."""

import tempfile
from pathlib import Path

import structlog

from faas_nomad.api.services import BasicAuth
from faas_nomad.proxy.spans import Spans
from faas_nomad.proxy.tuning import tune_memory
from faas_nomad.serving.callers import drain, first_look, leave, listen
from faas_nomad.serving.control_server import control_server
from faas_nomad.serving.forever import ForeverTasks
from faas_nomad.serving.reloading import ReadSettings, Reloading
from faas_nomad.settings.page import Settings
from faas_nomad.wiring.data_path import AnyDataPath, data_path_of, data_path_tasks
from faas_nomad.wiring.parts import Parts, build
from faas_nomad.wiring.scaling import scaling_parts

log = structlog.get_logger()


async def serve(
    settings: Settings,
    basic_auth: BasicAuth | None,
    read_settings: ReadSettings,
    spans: Spans | None,
) -> None:
    """Serve until SIGTERM or SIGINT, then drain; what a forever task died of is raised after it.

    `read_settings` is called at each SIGHUP; `spans` makes those of invocations (workers have
    their own).

    Raises:
        OSError, ssl.SSLError: An address or a certificate file cannot be used.
    """
    parts = build(settings, basic_auth)
    with tempfile.TemporaryDirectory(prefix="faas-nomad-") as folder:
        socket = str(Path(folder) / "control.sock")
        async with control_server(parts.services, socket) as server:
            data_path = data_path_of(parts, settings, socket, spans)
            scaling = scaling_parts(settings, parts, data_path)
            tasks = ForeverTasks(server)
            tasks.start(parts.following.forever())
            await first_look(parts.following.syncs)
            tune_memory()
            await listen(data_path, settings.listen)
            tasks.start([Reloading(settings, read_settings, data_path).run()])
            tasks.start(data_path_tasks(parts, data_path, settings))
            tasks.start(parts.looking_after(settings))
            tasks.start(scaling.forever() if scaling else [])
            await tasks.until_told_to_stop()
            await leave(parts.services.lifecycle, data_path, settings.proxy.shutdown_delay_s)
            await _stop(parts, data_path, tasks)
    if scaling is not None:
        await scaling.close()
    await parts.close()


async def _stop(parts: Parts, data_path: AnyDataPath, tasks: ForeverTasks) -> None:
    """End what is under way, then the forever tasks; raise what one of these had died of."""
    log.info("stopping, requests under way may finish")
    parts.services.logs.close()
    died = tasks.ended()
    await drain(data_path)
    await tasks.cancel()
    for task in died:
        task.result()
