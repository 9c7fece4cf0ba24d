"""Giving out ports for allocations, as a Nomad client's dynamic range."""

import socket
from collections.abc import Callable

FIRST, LAST = 20_000, 32_000
"""Nomad's `min_dynamic_port` and `max_dynamic_port`."""


class Ports:
    """Goes round the range, so that a port just given out is not given out again soon."""

    def __init__(self, start: int, is_free: Callable[[int], bool]) -> None:
        self._next = FIRST + start % (LAST - FIRST + 1)
        self._is_free = is_free

    def take(self) -> int:
        """Return a port that nothing listens on; any, when all of the range are in use."""
        for _ in range(FIRST, LAST + 1):
            port = self._next
            self._next = FIRST if port == LAST else port + 1
            if self._is_free(port):
                break
        return port


def is_port_free(port: int) -> bool:
    """Tell whether a process could listen on that port of any address of this machine."""
    with socket.socket() as trial:
        try:
            trial.bind(("", port))
        except OSError:
            return False
    return True
