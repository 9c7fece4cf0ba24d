"""The control plane's end of the workers' sockets: routes go out, failures and counters come in."""

import asyncio
import socket
from collections.abc import Callable
from itertools import count
from typing import Never

import structlog

from faas_nomad.proxy.context import Waker
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.state.endpoints import RouteChange, RouteTable
from faas_nomad.state.mesh import MeshIdentity
from faas_nomad.workers.deltas import Share, Sum
from faas_nomad.workers.messages import (
    MAX_LINE_BYTES,
    Failed,
    Leave,
    Listening,
    Look,
    Message,
    MessageError,
    NewCertificate,
    NewIdentity,
    NewLimits,
    Refuse,
    Report,
    Seen,
    Start,
    Synced,
    Wake,
    decode,
    encode,
)

log = structlog.get_logger()

TICK_S = 0.5
MAX_SILENT_TICKS = 60
"""A worker reports every second; ticks and not seconds, as a control plane that was held up itself
has not read what its workers said."""
LOOK_WITHIN_S = 2.0
"""For all workers to say what they have under way."""
MAX_UNSENT_BYTES = 64 << 20
"""Towards one worker: about the routes of 100,000 functions."""


class Link:
    """One worker as the hub sees it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.share = Share()
        self.is_listening = False
        self.told_known: bool | None = None
        self.silent_ticks = 0
        self.fault = ""
        """Why the worker is not to live on; "" while nothing is wrong."""
        self.looks: dict[int, asyncio.Future[int]] = {}
        """What it was asked for and has not answered."""
        self._writer = writer

    def send(self, data: bytes) -> None:
        """Send it, or give the worker up that does not read."""
        if self._writer.transport.get_write_buffer_size() + len(data) > MAX_UNSENT_BYTES:
            self.give_up("it does not read")
        elif data and not self.fault:
            self._writer.write(data)

    def give_up(self, why: str) -> None:
        """End the talk."""
        self.fault = self.fault or why
        self.forget_looks()
        self._writer.transport.abort()

    def forget_looks(self) -> None:
        """There will be no answers any more."""
        for look in self.looks.values():
            look.cancel()


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
        self._identity = b""
        """The message that has it, once there is one."""
        self._numbers = count()
        self._table = table
        self._on_endpoint_failed = on_endpoint_failed
        self._now_s = now_s
        self._max_silent_ticks = max_silent_ticks
        self._links: set[Link] = set()
        self._unsent: list[bytes] = []
        table.subscribe(self._changed)

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
        reader, writer = await asyncio.open_unix_connection(sock=sock, limit=MAX_LINE_BYTES)
        link = Link(writer)
        self._links.add(link)
        try:
            link.send(encode(start) + self._identity + self._all_routes() + self._synced(link))
            await self._listen_to(link, reader)
        except MessageError as err:
            link.give_up(str(err))
        except OSError:
            log.debug("a worker's socket was cut")
        finally:
            self._links.discard(link)
            self.sum.leave(link.share)
            link.forget_looks()
            writer.close()
        return link.fault

    def set_limits(self, limits: ProxyLimits) -> None:
        """Let the limits hold in all workers."""
        data = encode(NewLimits(limits))
        for link in self._links:
            link.send(data)

    def reload_certificate(self) -> None:
        """Let all workers read the certificate's files anew."""
        data = encode(NewCertificate())
        for link in self._links:
            link.send(data)

    def leave(self) -> None:
        """Let all workers close callers' connections behind their answers."""
        data = encode(Leave())
        for link in self._links:
            link.send(data)

    def take_identity(self, identity: MeshIdentity) -> None:
        """Let all workers, those to come too, be `identity` in Consul's service mesh."""
        self._identity = encode(NewIdentity(identity))
        for link in self._links:
            link.send(self._identity)

    def refuse_waiting(self, function: str, reason: str) -> None:
        """Let all workers answer the requests that wait for the function."""
        data = encode(Refuse(function, reason))
        for link in self._links:
            link.send(data)

    async def under_way(self, function: str) -> int | None:
        """Return invocations and tunnels of all workers, as all routes published are in force.

        None when a worker did not say so in time, or ended meanwhile.
        """
        self._flush()
        number = next(self._numbers)
        looks = [self._look(link, number, function) for link in self._links]
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                return sum(await asyncio.gather(*looks))
        except (TimeoutError, asyncio.CancelledError):
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            return None

    async def _look(self, link: Link, number: int, function: str) -> int:
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        link.looks[number] = answer
        try:
            link.send(encode(Look(number, function)))
            return await answer
        finally:
            del link.looks[number]

    def close(self) -> None:
        """Follow the table no more."""
        self._table.unsubscribe(self._changed)

    async def _listen_to(self, link: Link, reader: asyncio.StreamReader) -> None:
        while (line := await _next_line(reader)).endswith(b"\n"):
            link.silent_ticks = 0
            self._take(link, decode(line))

    def _take(self, link: Link, message: Message) -> None:
        if isinstance(message, Report):
            self.sum.add(message, link.share)
        elif isinstance(message, Failed):
            self._on_endpoint_failed(message.endpoint_id)
        elif isinstance(message, Wake):
            self._wake(link, message.function)
        elif isinstance(message, Seen):
            if (look := link.looks.get(message.number)) and not look.done():
                look.set_result(message.under_way)
        elif isinstance(message, Listening):
            link.is_listening = True
            log.info("a worker takes callers", workers=self.listening)
        else:
            raise MessageError(f"a worker sent {type(message).__name__}")

    def _wake(self, link: Link, function: str) -> None:
        if self._waker is None or not self._waker.wake(function):
            link.send(encode(Refuse(function, f"No endpoints available for: {function}.")))

    def _changed(self, change: RouteChange) -> None:
        """Send it when the present turn ends: many changes are one write."""
        if not self._links:
            return
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(_line(change))

    def _flush(self) -> None:
        """Send the changes, and what is known only after them."""
        data = b"".join(self._unsent)
        self._unsent.clear()
        for link in self._links:
            link.send(data + self._synced(link))

    def _all_routes(self) -> bytes:
        """Return all routes as changes, a function's spellings together."""
        spellings: dict[int, list[str]] = {}
        routes = self._table.snapshot()
        for spelling, route in routes.items():
            spellings.setdefault(id(route), []).append(spelling)
        found = (RouteChange(tuple(names), routes[names[0]]) for names in spellings.values())
        return b"".join(map(_line, found))

    def _synced(self, link: Link) -> bytes:
        """Return what tells the worker whether all names are known, unless it was told so."""
        if link.told_known == self._table.is_known:
            return b""
        link.told_known = self._table.is_known
        return encode(Synced(self._table.is_known))


async def _next_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError as err:
        raise MessageError(f"a line of more than {MAX_LINE_BYTES} bytes") from err


def _line(change: RouteChange) -> bytes:
    try:
        return encode(change)
    except MessageError as err:
        log.error("workers keep the route they have", of=change.spellings, why=str(err))
        return b""
