"""Opens connections to replicas: the one place where the data path makes tasks."""

import asyncio
import ssl
from typing import Protocol

from faas_nomad.proxy.blame import Blame, blame_of
from faas_nomad.proxy.context import Context
from faas_nomad.proxy.mesh import MeshRefusedError
from faas_nomad.proxy.replica import Replica
from faas_nomad.proxy.upstream import UpstreamConnection


class Wanting(Protocol):
    """Who asked for a connection: an exchange."""

    done: bool

    def connected(self, connection: UpstreamConnection) -> None:
        """Use the new connection."""
        ...

    def connect_failed(self, blame: Blame) -> None:
        """There is none."""
        ...


class Connector:
    """Connects within the time limit; holds its tasks until they end."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()

    def connect(self, replica: Replica, wanting: Wanting) -> None:
        """Open a connection to `replica` for `wanting`; it is told how that went."""
        replica.connections += 1
        task = asyncio.ensure_future(self._connect(replica, wanting))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Give up all that is being opened."""
        for task in self._tasks:
            task.cancel()

    async def _connect(self, replica: Replica, wanting: Wanting) -> None:
        connection = UpstreamConnection(replica, self._context)
        try:
            async with asyncio.timeout(self._context.limits.connect_time_s):
                await replica.open(lambda: connection)
        except (OSError, TimeoutError) as err:
            if not connection.was_made:  # else its loss is told, and counted then
                replica.connections -= 1
            self._count(err)
            if not wanting.done:
                wanting.connect_failed(blame_of(err))
            replica.tell_room()
        else:
            self._hand_over(replica, connection, wanting)

    def _hand_over(
        self, replica: Replica, connection: UpstreamConnection, wanting: Wanting
    ) -> None:
        if wanting.done:
            replica.give_back(connection, self._context.now_s())
        else:
            wanting.connected(connection)

    def _count(self, err: OSError) -> None:
        stats = self._context.stats
        if isinstance(err, TimeoutError):
            stats.limits["connect_time"] += 1
            stats.upstream_errors["connect_timeout"] += 1
        elif isinstance(err, MeshRefusedError):
            stats.upstream_errors["mesh_refused"] += 1
        elif isinstance(err, ssl.SSLError):
            stats.upstream_errors["tls"] += 1
        elif isinstance(err, ConnectionRefusedError):
            stats.upstream_errors["refused"] += 1
        else:
            stats.upstream_errors["unreachable"] += 1
