"""Connections to the function that wait, for a short while, for its next request."""

from __future__ import annotations

import os
import time

from .loop import Loop, Wait

KEPT_S = 0.5  # of-watchdog's; a server that serves one connection at a time is held up no longer


class KeptConnections:
    """Their descriptors, the last used first; what is taken is to be put back or closed."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._idle: list[tuple[int, float]] = []  # descriptors and when their keeping ends
        self._sweeping = False

    def take(self) -> int:
        """Return the kept connection that was used last and is still whole; -1 if none is."""
        while self._idle:
            fd, until = self._idle.pop()
            if until > time.monotonic() and _is_quiet(fd):
                return fd
            self.close(fd)
        return -1

    def put(self, fd: int) -> None:
        """Keep `fd`, which nothing is under way on."""
        self._idle.append((fd, time.monotonic() + KEPT_S))
        if not self._sweeping:
            self._sweeping = True
            self._loop.spawn(self._sweep())

    def close(self, fd: int) -> None:
        """Have no more of `fd`."""
        self._loop.forget(fd)
        os.close(fd)

    async def _sweep(self) -> None:
        """Close connections that were kept long enough, while there are any."""
        while self._idle:
            await Wait({}, self._idle[0][1])
            now = time.monotonic()
            while self._idle and self._idle[0][1] <= now:
                self.close(self._idle.pop(0)[0])
        self._sweeping = False


def _is_quiet(fd: int) -> bool:
    """Tell whether nothing was received: neither an end nor bytes that nobody asked for."""
    try:
        os.read(fd, 1)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False
