"""One replica: its connections, what is in flight to it, and how it stands."""

from collections import deque
from collections.abc import Awaitable, Callable, Sized
from typing import Protocol

from faas_nomad.proxy.context import Context
from faas_nomad.proxy.health import Health
from faas_nomad.proxy.upstream import UpstreamConnection
from faas_nomad.state.endpoints import Endpoint


class Open(Protocol):
    """Opens a connection, e.g. `loop.create_connection` with the address bound."""

    def __call__(self, factory: Callable[[], UpstreamConnection]) -> Awaitable[object]:
        """Connect and give the connection its transport.

        Raises:
            OSError: It could not be reached.
        """
        ...


class Freed(Protocol):
    """Who wants to know that a connection is free: the target, for those who wait."""

    @property
    def waiting(self) -> Sized:
        """Those who wait."""
        ...

    def serve_one(self) -> None:
        """Let one that waits try again."""
        ...


class Replica:
    """A pool of connections, last used first, so that few are kept warm."""

    __slots__ = (
        "_context",
        "_freed",
        "connections",
        "endpoint",
        "gone",
        "health",
        "id",
        "idle",
        "in_flight",
        "open",
    )

    def __init__(
        self, endpoint: Endpoint, open_connection: Open, freed: Freed, context: Context
    ) -> None:
        self.endpoint = endpoint
        self.id = endpoint.id
        self.open = open_connection
        self.in_flight = 0
        self.connections = 0
        """Open ones and those being opened."""
        self.idle: deque[UpstreamConnection] = deque()
        self.health = Health()
        self.gone = False
        self._freed = freed
        self._context = context

    def idle_connection(self) -> UpstreamConnection | None:
        """Return an unused connection that is not known to be closed, if there is one."""
        idle = self.idle
        while idle:
            connection = idle.pop()
            # Between EOF and connection_lost a transport is closing and must not be written to.
            if not connection.transport.is_closing():
                return connection
        return None

    def has_room(self) -> bool:
        """Tell whether a request can have a connection now."""
        return bool(self.idle) or self.connections < self._context.limits.max_connections

    def give_back(self, connection: UpstreamConnection, now_s: float) -> None:
        """Keep a connection whose exchange is over, for the next one."""
        connection.owner = None
        connection.used = True
        if connection.is_held:
            connection.hold_reading(hold=False)
        idle = self.idle
        if self.gone or len(idle) >= self._context.limits.max_idle_connections:
            connection.drop()
            return
        connection.idle_since_s = now_s
        idle.append(connection)
        if self._freed.waiting:
            self._freed.serve_one()

    def connection_lost(self, connection: UpstreamConnection) -> None:
        """Forget a connection that is gone."""
        self.connections -= 1
        if connection.owner is None and connection in self.idle:
            self.idle.remove(connection)
        self.tell_room()

    def tell_room(self) -> None:
        """Let one that waits try again, as there is room for a connection."""
        if self._freed.waiting:
            self._freed.serve_one()

    def close_idle(self, unused_since_s: float) -> None:
        """Close what has been unused since before `unused_since_s`, the oldest first."""
        while self.idle and self.idle[0].idle_since_s < unused_since_s:
            self.idle.popleft().drop()

    def leave(self) -> None:
        """It is not to be used any more: unused connections close, requests in flight end."""
        self.gone = True
        self.close_idle(float("inf"))
