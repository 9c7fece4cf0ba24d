"""Keeps a back end's token alive, for ever; the decision when is pure.

While Vault is away nothing else stops: secret calls fail with the reason and try to log in
themselves, so this task is never what recovery waits for.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Never, Protocol

import structlog

from faas_nomad.clients.errors import BackendError

log = structlog.get_logger()

FIRST_PAUSE_S = 0.5
MAX_FAILED_PAUSE_S = 5.0
MAX_PAUSE_S = 3600.0
"""A token without end is looked at once an hour, as it may be revoked."""


class RenewableToken(Protocol):
    """What can be kept alive."""

    async def refresh(self) -> float | None:
        """Log in or renew; return the seconds that the token lasts, None for ever."""
        ...


def renewal_pause_s(left_s: float | None) -> float:
    """Return the seconds to wait with `left_s` left: two thirds, so that tries close in."""
    if left_s is None:
        return MAX_PAUSE_S
    return min(MAX_PAUSE_S, max(0.5, left_s * 2 / 3))


def failed_pause_s(failures: int, jitter: float) -> float:
    """Return the seconds to wait after so many failures in a row; `jitter` is from 0 to 1."""
    pause_s: float = min(MAX_FAILED_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures - 1, 10))
    return pause_s * (0.5 + jitter / 2)


async def keep_token_alive(
    token: RenewableToken,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    jitter: Callable[[], float] = random.random,
) -> Never:
    """Log in, renew and log in again for ever; the first failure of a row is logged."""
    failures = 0
    while True:
        try:
            left_s = await token.refresh()
        except BackendError as err:
            failures += 1
            if failures == 1:
                log.warning("the Vault token is not renewed", reason=str(err))
            await sleep(failed_pause_s(failures, jitter()))
            continue
        if failures:
            log.info("the Vault token is good again", failures=failures)
        failures = 0
        await sleep(renewal_pause_s(left_s))
