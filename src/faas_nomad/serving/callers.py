"""When callers come and go: what balancers see of a start and of a stop."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog

from faas_nomad.api.services import Lifecycle
from faas_nomad.settings.page import ListenSettings
from faas_nomad.tasks.sync import Sync
from faas_nomad.wiring.data_path import AnyDataPath

log = structlog.get_logger()

FIRST_LOOK_WITHIN_S = 3.0
"""Nomad is found to be away within one; the lists of 1,000 functions take a fraction of another."""


async def first_look(syncs: Sequence[Sync]) -> None:
    """Wait until functions are known, but not for a Nomad that is away or slow.

    To a balancer an instance that refuses connections is not there yet, and it takes another one;
    a 503 of ours would go to the caller.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(FIRST_LOOK_WITHIN_S):
            for sync in syncs:
                await sync.looked.wait()


async def listen(data_path: AnyDataPath, settings: ListenSettings) -> None:
    """Take callers. Raises: OSError, an address cannot be had."""
    port = await data_path.listen(settings.host, settings.port, address="provider")
    log.info("provider address", host=settings.host, port=port)
    if settings.gateway_port:
        port = await data_path.listen(settings.host, settings.gateway_port, address="gateway")
        log.info("gateway address", host=settings.host, port=port)


async def leave(lifecycle: Lifecycle, data_path: AnyDataPath, delay_s: float) -> None:
    """Serve on for `delay_s` while balancers learn, by /healthz and /readyz, to go elsewhere."""
    lifecycle.is_stopping = True
    data_path.leave()
    if delay_s:
        log.info("stopping, callers may leave first", shutdown_delay_s=delay_s)
        await asyncio.sleep(delay_s)


async def drain(data_path: AnyDataPath) -> None:
    """Take no more callers, and let what is under way finish."""
    if not await data_path.drain():
        log.warning("some requests were cut off: they outlasted the drain time")
    data_path.close()
