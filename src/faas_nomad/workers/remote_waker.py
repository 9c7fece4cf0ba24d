"""A worker's waker: it asks the control plane, once until that has said something. Pure."""

from collections.abc import Callable

from faas_nomad.state.endpoints import RouteChange
from faas_nomad.workers.messages import Wake

Tell = Callable[[Wake], bool]
"""Sends it, or tells that it could not."""


class RemoteWaker:
    """As `proxy.context.Waker`."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._asked: set[str] = set()

    def wake(self, function: str) -> bool:
        """Let the request wait; the control plane refuses it if there is nothing to wait for."""
        if function not in self._asked and self._tell(Wake(function)):
            self._asked.add(function)
        return True

    def route_changed(self, change: RouteChange) -> None:
        """Ask again if requests wait on; a function's name is among its spellings."""
        self._asked.difference_update(change.spellings)

    def refused(self, function: str) -> None:
        """Ask again when the next request waits."""
        self._asked.discard(function)
