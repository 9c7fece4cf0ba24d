"""A connection to a replica: at most one request at a time, kept for the next one if clean."""

import asyncio
from typing import Protocol, cast

from faas_nomad.proxy.context import Context
from faas_nomad.proxy.last_bytes import last_bytes
from faas_nomad.proxy.response_head import ResponseReader


class Owner(Protocol):
    """Whose answer is on the connection: an exchange."""

    def response_data(self, data: bytes) -> None:
        """Bytes came from the replica."""
        ...

    def upstream_lost(self, err: Exception | None) -> None:
        """The connection is gone; `err` is None when the replica closed it in order."""
        ...

    def upstream_eof(self) -> bool:
        """The replica will send no more; True keeps the connection for what goes to it."""
        ...

    def upstream_full(self, *, full: bool) -> None:
        """The replica does not read fast enough, or does so again."""
        ...


class Home(Protocol):
    """Where a connection belongs: a replica."""

    def connection_lost(self, connection: "UpstreamConnection") -> None:
        """The connection is gone."""
        ...


class UpstreamConnection(asyncio.Protocol):
    """One connection; `owner` is None while it is unused."""

    __slots__ = (
        "_context",
        "_home",
        "idle_since_s",
        "is_held",
        "owner",
        "reader",
        "transport",
        "used",
        "was_made",
    )

    transport: asyncio.Transport

    def __init__(self, home: Home, context: Context) -> None:
        self._context = context
        self._home = home
        self.is_held = False
        """It is not read, as the caller does not keep up."""
        self.owner: Owner | None = None
        self.reader = ResponseReader()
        self.used = False
        """It has carried a request before, so it may have gone stale."""
        self.was_made = False
        """It was open once, so that its loss is told."""
        self.idle_since_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self.transport = cast("asyncio.Transport", transport)
        self.was_made = True
        self.transport.set_write_buffer_limits(high=self._context.limits.write_buffer_bytes)
        stats = self._context.stats
        stats.upstream_connections += 1
        stats.upstream_connections_total += 1

    def data_received(self, data: bytes) -> None:
        """Hand the bytes to the exchange; without one they are unasked for."""
        if self.owner is not None:
            self.owner.response_data(data)
        else:
            self.transport.abort()

    def eof_received(self) -> bool:
        """Let the exchange decide whether its request may still be sent."""
        return self.owner is not None and self.owner.upstream_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the replica and the exchange, once."""
        if exc is not None and self.owner is not None:
            self._read_last(self.owner)
        self._context.stats.upstream_connections -= 1
        self._home.connection_lost(self)
        owner, self.owner = self.owner, None
        if owner is not None:
            owner.upstream_lost(exc)

    def _read_last(self, owner: Owner) -> None:
        """Hand what had come before a write failed to the exchange, until that is over."""
        for data in last_bytes(self.transport):
            owner.response_data(data)
            if self.owner is not owner:
                return

    def pause_writing(self) -> None:
        """The replica does not read: stop reading its caller."""
        self._context.stats.limits["unread"] += 1
        if self.owner is not None:
            self.owner.upstream_full(full=True)

    def resume_writing(self) -> None:
        """The replica reads again."""
        if self.owner is not None:
            self.owner.upstream_full(full=False)

    def hold_reading(self, *, hold: bool) -> None:
        """Stop or go on reading, as the caller keeps up."""
        if hold != self.is_held and not self.transport.is_closing():
            self.is_held = hold
            if hold:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    def drop(self, *, flush: bool = False) -> None:
        """Close at once, or when all is written; the owner hears nothing any more."""
        self.owner = None
        if not flush:
            return self.transport.abort()
        unsent_bytes = self.transport.get_write_buffer_size()
        self.transport.close()
        if unsent_bytes:
            # Nobody else looks at it any more, and it may never be read.
            limit_s = self._context.limits.idle_time_s
            asyncio.get_running_loop().call_later(limit_s, self.transport.abort)
