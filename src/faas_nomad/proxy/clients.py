"""The callers' connections that are open."""

import asyncio
from collections.abc import Iterator
from typing import Protocol


class Client(Protocol):
    """One connection, as the sweep and a stopping process see it."""

    deadline_s: float

    def timed_out(self, now_s: float) -> None:
        """Its deadline has passed."""
        ...

    def leave(self) -> None:
        """Close it behind its next answer."""
        ...

    def drain(self) -> None:
        """Close it if no request is in progress; otherwise its end will."""
        ...

    def cut(self) -> None:
        """Close it at once."""
        ...


class Clients:
    """A set that can be waited for to become empty."""

    def __init__(self) -> None:
        self._open: set[Client] = set()
        self._left = asyncio.Event()

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Client]:
        return iter(list(self._open))

    def add(self, client: Client) -> None:
        """A caller has connected."""
        self._open.add(client)

    def discard(self, client: Client) -> None:
        """A caller's connection is gone."""
        self._open.discard(client)
        if not self._open:
            self._left.set()

    async def wait_empty(self, limit_s: float) -> bool:
        """Wait until there is none, up to `limit_s`; tell whether there is none."""
        self._left.clear()
        try:
            async with asyncio.timeout(limit_s):
                while self._open:
                    await self._left.wait()
                    self._left.clear()
        except TimeoutError:
            return not self._open
        return True
