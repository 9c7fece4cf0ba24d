"""Shows callers a new certificate when its files change; a bad one is told and not shown."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Never

import structlog

from faas_nomad.clients.tls import FileState, file_state

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
Sleep = Callable[[float], Awaitable[None]]


async def follow_certificate(
    files: tuple[Path, ...], load: Callable[[], None], sleep: Sleep = asyncio.sleep
) -> Never:
    """Call `load` whenever one of `files` has changed, for ever.

    `load` raises OSError for files that cannot be used, as while only one of them is new; it is
    called again at their next change.
    """
    seen = _state(files)
    while True:
        await sleep(LOOK_EVERY_S)
        now = _state(files)
        if now == seen:
            continue
        seen = now
        try:
            load()
        except OSError as err:
            log.error("the new certificate cannot be used, the old one is shown", reason=str(err))
        else:
            log.info("callers are shown a new certificate")


def _state(files: tuple[Path, ...]) -> list[FileState]:
    return [file_state(file) for file in files]
