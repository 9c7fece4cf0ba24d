"""Listens to streams of events: `python ticks.py PORT TARGET CONNECTIONS SECONDS HEADERS`.

Each event carries when it was sent, in Unix ns. Prints one line of JSON: how many came in how many
seconds, and how late they were.
"""

import asyncio
import json
import re
import sys
import time
from contextlib import suppress
from typing import cast

import uvloop

_EVENT = re.compile(rb"data: (\d{19})\n")


class Listener(asyncio.Protocol):
    """Asks for one stream and notes how late each of its events is, until it ends."""

    def __init__(self, request: bytes, late_ns: list[int]) -> None:
        self._request = request
        self._late_ns = late_ns
        self._rest = b""
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note every whole event."""
        now_ns = time.time_ns()
        data = self._rest + data
        end = 0
        for found in _EVENT.finditer(data):
            self._late_ns.append(now_ns - int(found[1]))
            end = found.end()
        self._rest = data[end:]
        if self._rest.endswith(b"0\r\n\r\n"):
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """No more will come."""
        self._end()

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


async def listen(port: int, request: bytes, late_ns: list[int], seconds: float) -> None:
    """Listen to one stream after the other."""
    loop = asyncio.get_running_loop()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                transport, listener = await loop.create_connection(
                    lambda: Listener(request, late_ns), "127.0.0.1", port
                )
                try:
                    await listener.ended
                finally:
                    transport.abort()


async def main(port: int, target: str, connections: int, seconds: float, headers: str) -> None:
    """Listen on all connections and print what was found."""
    accept = "Accept: text/event-stream\r\n" if headers == "events" else ""
    request = f"GET {target} HTTP/1.1\r\nHost: bench\r\n{accept}\r\n".encode()
    late_ns: list[int] = []
    await asyncio.gather(*(listen(port, request, late_ns, seconds) for _ in range(connections)))
    late_ns.sort()
    none_ns = int(seconds * 1e9)  # no event at all: each is at least so late
    found = {
        "requests": len(late_ns),
        "seconds": seconds,
        "p50_us": (late_ns[len(late_ns) // 2] if late_ns else none_ns) / 1e3,
        "p99_us": (late_ns[len(late_ns) * 99 // 100] if late_ns else none_ns) / 1e3,
        "errors": int(not late_ns),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    port, target, connections, seconds, headers = sys.argv[1:]
    uvloop.run(main(int(port), target, int(connections), float(seconds), headers))
