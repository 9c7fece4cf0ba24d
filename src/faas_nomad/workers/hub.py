"""The control plane's end of the workers' sockets: routes go out, failures and counters come in."""

import asyncio
import socket
from collections.abc import Callable
from itertools import count
from typing import Never

import structlog

from faas_nomad.proxy.context import Waker
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.state.endpoints import RouteTable
from faas_nomad.state.mesh import MeshIdentity
from faas_nomad.workers.checked import MessageError
from faas_nomad.workers.deltas import Sum
from faas_nomad.workers.link import Link
from faas_nomad.workers.messages import (
    Failed,
    Leave,
    Listening,
    Message,
    NewCertificate,
    NewIdentity,
    NewLimits,
    Refuse,
    Seen,
    Start,
    Wake,
)
from faas_nomad.workers.reports import Report
from faas_nomad.workers.route_feed import RouteFeed
from faas_nomad.workers.wire import encode

log = structlog.get_logger()

TICK_S = 0.5
MAX_SILENT_TICKS = 60
"""A worker reports every second; ticks and not seconds, as a control plane that was held up itself
has not read what its workers said."""
LOOK_WITHIN_S = 2.0
"""For all workers to say what they have under way."""


class Hub:
    """Feeds every worker with `table`; `sum` has the counters of all of them."""

    def __init__(
        self,
        table: RouteTable,
        on_endpoint_failed: Callable[[str], None],
        now_s: Callable[[], float],
        max_silent_ticks: int = MAX_SILENT_TICKS,
        waker: Waker | None = None,
    ) -> None:
        self.sum = Sum()
        self._waker = waker
        self._holding: dict[type[Message], bytes] = {}
        """What was told to all and holds for workers to come too."""
        self._numbers = count()
        self._table = table
        self._on_endpoint_failed = on_endpoint_failed
        self._now_s = now_s
        self._max_silent_ticks = max_silent_ticks
        self._links: set[Link] = set()
        self._routes = RouteFeed(table, self._flush, lambda: bool(self._links))

    @property
    def listening(self) -> int:
        """How many workers take callers."""
        return sum(link.is_listening for link in self._links)

    async def run(self) -> Never:
        """Look for silent workers and removed functions, for ever."""
        while True:
            await asyncio.sleep(TICK_S)
            self._flush()
            present = {route.function for route in self._table.routes.values()}
            self.sum.follow(present, self._now_s())
            for link in self._links:
                link.silent_ticks += 1
                if link.silent_ticks > self._max_silent_ticks:
                    link.give_up("it is silent")

    async def serve(self, sock: socket.socket, start: Start) -> str:
        """Feed the worker at the other end of `sock` until it is gone; return its fault, if any."""
        link = await Link.over(sock)
        self._links.add(link)
        try:
            synced = link.synced(self._table.is_known)
            held = b"".join(self._holding.values())
            link.send(encode(start) + held + self._routes.all_routes() + synced)
            while message := await link.next_message():
                self._take(link, message)
        except MessageError as err:
            link.give_up(str(err))
        except OSError:
            log.debug("a worker's socket was cut")
        finally:
            self._links.discard(link)
            self.sum.leave(link.share)
            link.close()
        return link.fault

    def set_limits(self, limits: ProxyLimits) -> None:
        """Let the limits hold in all workers."""
        self._let_hold(NewLimits(limits))

    def reload_certificate(self) -> None:
        """Let all workers read the certificate's files anew."""
        self._tell_all(NewCertificate())

    def leave(self) -> None:
        """Let all workers close callers' connections behind their answers."""
        self._let_hold(Leave())

    def take_identity(self, identity: MeshIdentity) -> None:
        """Let all workers be `identity` in Consul's service mesh."""
        self._let_hold(NewIdentity(identity))

    def refuse_waiting(self, function: str, reason: str) -> None:
        """Let all workers answer the requests that wait for the function."""
        self._tell_all(Refuse(function, reason))

    def close(self) -> None:
        """Follow the table no more."""
        self._routes.close()

    async def under_way(self, function: str) -> int | None:
        """Return invocations and tunnels of all workers, as all routes published are in force.

        None when a worker did not say so in time, or ended meanwhile.
        """
        self._flush()
        number = next(self._numbers)
        looks = [link.look(number, function) for link in self._links]
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                return sum(await asyncio.gather(*looks))
        except (TimeoutError, asyncio.CancelledError):
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            return None

    def _let_hold(self, message: Message) -> None:
        """Send it to all workers, and to those that are being started or will be."""
        self._holding[type(message)] = self._tell_all(message)

    def _tell_all(self, message: Message) -> bytes:
        """Send it to all workers; return what was sent."""
        data = encode(message)
        for link in self._links:
            link.send(data)
        return data

    def _flush(self) -> None:
        """Send the changes of routes, and what is known only after them."""
        data = self._routes.take()
        for link in self._links:
            link.send(data + link.synced(self._table.is_known))

    def _take(self, link: Link, message: Message) -> None:
        if isinstance(message, Report):
            self.sum.add(message, link.share)
        elif isinstance(message, Failed):
            self._on_endpoint_failed(message.endpoint_id)
        elif isinstance(message, Wake):
            self._wake(link, message.function)
        elif isinstance(message, Seen):
            link.seen(message)
        elif isinstance(message, Listening):
            link.is_listening = True
            log.info("a worker takes callers", workers=self.listening)
        else:
            raise MessageError(f"a worker sent {type(message).__name__}")

    def _wake(self, link: Link, function: str) -> None:
        if self._waker is None or not self._waker.wake(function):
            link.send(encode(Refuse(function, f"No endpoints available for: {function}.")))
