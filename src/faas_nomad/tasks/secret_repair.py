"""Repairs the copies of secrets, at the start and then for ever."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Never, Protocol

import structlog

from faas_nomad.clients.errors import BackendError

log = structlog.get_logger()


class Repair(Protocol):
    """What is to be done again and again."""

    async def pass_over(self) -> None:
        """Look at everything once."""
        ...


async def keep_repairing(
    repairs: Sequence[Repair],
    ready: asyncio.Event,
    interval_s: float,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Never:
    """Wait until `ready`, then make a pass of each every `interval_s`; log a new failure once."""
    await ready.wait()
    failure = ""
    while True:
        try:
            for repair in repairs:
                await repair.pass_over()
            failure = ""
        except BackendError as err:
            if str(err) != failure:
                failure = str(err)
                log.warning("secrets cannot be looked over", reason=failure)
        await sleep(interval_s)
