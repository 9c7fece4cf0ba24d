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
    """Wait until `ready`, then make a pass of each every `interval_s`; log a new failure once.

    One that fails, as each does while a region is away, keeps no other from its pass.
    """
    await ready.wait()
    failures = [""] * len(repairs)
    while True:
        failures = [
            await _pass(repair, failure) for repair, failure in zip(repairs, failures, strict=True)
        ]
        await sleep(interval_s)


async def _pass(repair: Repair, last_failure: str) -> str:
    """Make one pass; return why it failed, "" when it did not."""
    try:
        await repair.pass_over()
    except BackendError as err:
        if str(err) != last_failure:
            log.warning("secrets cannot be looked over", reason=str(err))
        return str(err)
    return ""
