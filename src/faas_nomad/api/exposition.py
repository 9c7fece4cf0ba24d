"""All metrics as Prometheus reads them, in pieces: the loop that answers carries invocations too.

What grows with the number of functions is rendered in pieces by `add_series`'s sources, the rest
by prometheus-client at once.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
PIECE_BYTES = 65_536
"""Sent at once; smaller ones are joined."""

Series = Callable[[], Iterator[str]]
"""Gives whole families as text, in pieces of about a millisecond's work each."""


class Exposition:
    """The registry and the families that are too large for it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._sources: list[Series] = []

    def add_series(self, source: Series) -> None:
        """Expose what `source` gives too; its families are in no other."""
        self._sources.append(source)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the whole text; other work of the loop goes on between two pieces."""
        pending = bytearray(generate_latest(self.registry))
        for source in self._sources:
            for piece in source():
                pending += piece.encode()
                if len(pending) >= PIECE_BYTES:
                    yield bytes(pending)
                    pending.clear()
                await asyncio.sleep(0)
        yield bytes(pending)
