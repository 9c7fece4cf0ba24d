"""The route table as lines for workers: all of it for a new one, then what has changed."""

import asyncio
from collections.abc import Callable

import structlog

from faas_nomad.state.endpoints import RouteChange, RouteTable
from faas_nomad.workers.checked import MessageError
from faas_nomad.workers.wire import encode

log = structlog.get_logger()


class RouteFeed:
    """Gathers the changes of a turn of the loop, then calls `flush`: many changes are one write."""

    def __init__(
        self, table: RouteTable, flush: Callable[[], None], is_followed: Callable[[], bool]
    ) -> None:
        """Gather changes while `is_followed()`: without workers there is nobody to tell."""
        self._table = table
        self._flush = flush
        self._is_followed = is_followed
        self._unsent: list[bytes] = []
        table.subscribe(self._changed)

    def close(self) -> None:
        """Follow the table no more."""
        self._table.unsubscribe(self._changed)

    def take(self) -> bytes:
        """Return the changes that were not sent yet, taking them as sent."""
        data = b"".join(self._unsent)
        self._unsent.clear()
        return data

    def all_routes(self) -> bytes:
        """Return all routes as changes, a function's spellings together."""
        spellings: dict[int, list[str]] = {}
        routes = self._table.snapshot()
        for spelling, route in routes.items():
            spellings.setdefault(id(route), []).append(spelling)
        found = (RouteChange(tuple(names), routes[names[0]]) for names in spellings.values())
        return b"".join(map(_line, found))

    def _changed(self, change: RouteChange) -> None:
        if not self._is_followed():
            return
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(_line(change))


def _line(change: RouteChange) -> bytes:
    try:
        return encode(change)
    except MessageError as err:
        log.error("workers keep the route they have", of=change.spellings, why=str(err))
        return b""
