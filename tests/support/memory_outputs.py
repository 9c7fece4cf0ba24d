"""Replicas' outputs in memory, in the place of Nomad's log API."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faas_nomad.clients.errors import BackendError
from faas_nomad.clients.nomad_logs import NotStartedError, Output

Key = tuple[str, str]


class MemoryOutputs:
    """Outputs by replica and kind; `failures` are raised by whoever reads that replica."""

    def __init__(self) -> None:
        self.written: dict[Key, bytearray] = defaultdict(bytearray)
        self.failures: dict[str, BackendError] = {}
        self.is_slow = False
        """Whether its node sends a heartbeat before what there is."""
        self.opened: list[Key] = []
        self.open_now = 0
        self._followers: dict[Key, list[asyncio.Queue[bytes | None]]] = defaultdict(list)

    def write(self, alloc_id: str, data: bytes, output: str = "stdout") -> None:
        """Let a replica write."""
        self.written[alloc_id, output] += data
        for queue in self._followers[alloc_id, output]:
            queue.put_nowait(data)

    def heartbeat(self) -> None:
        """Send what Nomad sends every second."""
        for queues in self._followers.values():
            for queue in queues:
                queue.put_nowait(b"")

    def break_all(self) -> None:
        """Break the connections of all followers."""
        for queues in self._followers.values():
            for queue in queues:
                queue.put_nowait(None)

    def in_region(self, region: str) -> "MemoryOutputs":
        """Return the same: there is one region."""
        return self

    async def read(self, alloc_id: str, output: Output, newest_bytes: int) -> bytes:
        """Return the end of what was written."""
        self._check(alloc_id, output)
        return bytes(self.written[alloc_id, output][-newest_bytes:])

    @asynccontextmanager
    async def follow(
        self, alloc_id: str, output: Output, newest_bytes: int
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give that and what is written from now on."""
        self._check(alloc_id, output)
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        if self.is_slow:
            queue.put_nowait(b"")
        queue.put_nowait(bytes(self.written[alloc_id, output][-newest_bytes:]))
        self._followers[alloc_id, output].append(queue)
        self.opened.append((alloc_id, output))
        self.open_now += 1
        try:
            yield self._pieces(queue)
        finally:
            self.open_now -= 1
            self._followers[alloc_id, output].remove(queue)

    async def _pieces(self, queue: "asyncio.Queue[bytes | None]") -> AsyncIterator[bytes]:
        while True:
            piece = await queue.get()
            if piece is None:
                raise BackendError("the connection broke")
            yield piece

    def _check(self, alloc_id: str, output: str) -> None:
        if alloc_id in self.failures:
            raise self.failures[alloc_id]
        if (alloc_id, output) not in self.written:
            raise NotStartedError("not started yet")
