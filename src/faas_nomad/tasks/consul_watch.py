"""Keeps what Consul says of replicas the same as Consul's, for ever: one query for all functions.

A query waits at Consul until any check has changed, so a single connection serves any number of
functions; one datacenter has one. Between two answers there is a pause, in which changes gather:
a Consul where much happens costs a bounded share of this process.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Never

import structlog

from faas_nomad.clients.consul import Checks, ConsulClient
from faas_nomad.clients.errors import BackendError, DeniedError, UnexpectedReplyError
from faas_nomad.model.nomad import AllocID
from faas_nomad.state.backends import BackendState
from faas_nomad.state.consul_checks import ConsulDatacenter, is_hidden
from faas_nomad.state.functions import Functions

log = structlog.get_logger()

LEAST_PAUSE_S = 0.02
PAUSE_SHARE = 4.0
"""The pause after an answer, in times that it took to read it: a fifth of one core."""
MAX_PAUSE_S = 1.0
FIRST_FAILED_PAUSE_S = 0.25
MAX_FAILED_PAUSE_S = 5.0


def pause_after_s(took_s: float) -> float:
    """Return the pause after an answer that took the processor `took_s` to read."""
    return min(MAX_PAUSE_S, max(LEAST_PAUSE_S, took_s * PAUSE_SHARE))


class ConsulWatch:
    """Follows the checks of one datacenter, by its name or "" for the agent's own."""

    def __init__(
        self,
        consul: ConsulClient,
        functions: Functions,
        datacenter: ConsulDatacenter,
        state: BackendState,
        *,
        service_prefix: str,
        name: str = "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now_s: Callable[[], float] = time.monotonic,
        cpu_s: Callable[[], float] = time.thread_time,
    ) -> None:
        self._consul = consul
        self._functions = functions
        self._datacenter = datacenter
        self._state = state
        self._service_prefix = service_prefix
        self._name = name
        self._sleep = sleep
        self._now_s = now_s
        self._cpu_s = cpu_s
        self._index = 0
        self._body = b""

    async def run(self) -> Never:
        """Follow for ever; while Consul is away the last known replicas stay in place."""
        failed_pause_s = FIRST_FAILED_PAUSE_S
        while True:
            try:
                took_s = await self.follow()
                failed_pause_s = FIRST_FAILED_PAUSE_S
                await self._sleep(pause_after_s(took_s))
            except BackendError as err:
                self._lost(err)
                await self._sleep(failed_pause_s)
                failed_pause_s = min(MAX_FAILED_PAUSE_S, failed_pause_s * 2)

    async def follow(self) -> float:
        """Wait for the next answer and take it; return the processor's seconds that it took.

        Raises:
            BackendError: Consul cannot be asked, or has sent something unexpected.
        """
        checks = await self._consul.watch_checks(self._service_prefix, self._name, self._index)
        began_s, now_s = self._cpu_s(), self._now_s()
        is_news = checks.body != self._body or self._datacenter.has_gaps
        # An index that went back belongs to another history: it must not be waited beyond.
        self._index = checks.index if checks.index >= self._index else 0
        if is_news:
            self._take(checks, now_s)
            self._body = checks.body
        if self._state.seen(now_s, checks.index):
            log.info("Consul is there", datacenter=self._name)
        return self._cpu_s() - began_s

    def _take(self, checks: Checks, now_s: float) -> None:
        found = checks.read()
        try:
            if is_hidden(found, is_filtered=checks.is_filtered, is_any_expected=self._knows_any()):
                raise DeniedError(
                    "Consul shows no functions: the token may not read their services"
                )
            changed = self._datacenter.took(found, now_s, self._lives)
        except (KeyError, TypeError, AttributeError) as err:
            raise UnexpectedReplyError(f"Consul sent something unexpected: {err!r}") from err
        self._functions.reconsider(changed)

    def _knows_any(self) -> bool:
        return any(map(self._lives, self._datacenter.verdicts))

    def _lives(self, alloc_id: AllocID) -> bool:
        return self._functions.live_replicas.owner(alloc_id) is not None

    def _lost(self, err: BackendError) -> None:
        self._index, self._body = 0, b""
        if self._state.lost(self._now_s(), str(err)):
            log.warning(
                "Consul is away, the last known replicas go on serving",
                datacenter=self._name,
                reason=str(err),
            )
        if self._datacenter.lost():
            self._functions.reconsider(None)
