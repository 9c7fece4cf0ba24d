"""Looks once a second for what has run out of time, so that no request needs a timer."""

import asyncio
import time

from faas_nomad.proxy.clients import Clients
from faas_nomad.proxy.context import Context
from faas_nomad.proxy.router import Router


class Sweep:
    """Strikes every `limits.sweep_s` from `start` to `stop`."""

    def __init__(self, context: Context, clients: Clients, router: Router) -> None:
        self._context = context
        self._clients = clients
        self._router = router
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Strike now, and go on; once started it is left as it is."""
        if self._next is None:
            self._strike()

    def stop(self) -> None:
        """Strike no more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _strike(self) -> None:
        context = self._context
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(context.limits.sweep_s, self._strike)
        now_s = context.now_s()
        context.wall_offset_s = time.time() - now_s
        for client in [c for c in self._clients if c.deadline_s < now_s]:
            client.timed_out(now_s)
        for target in self._router.targets():
            for replica in target.replicas.values():
                replica.close_idle(now_s - context.limits.upstream_idle_time_s)
        context.stats.forget_removed(now_s)
