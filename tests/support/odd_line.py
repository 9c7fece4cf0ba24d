"""A reverse proxy before Nomad that gives odd answers while it is told to."""

import asyncio
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from support.odd_answers import Reply, odd, odd_line

SHARE = 0.4
"""Of the answers that are odd."""
KEPT_FIELDS = ("Content-Type", "X-Nomad-Index")
NO_LIMIT = httpx.Timeout(None)


class OddLine:
    """Begins quiet; `begin` and `calm` are for other threads than its own."""

    def __init__(self, nomad_url: str) -> None:
        self._nomad_url = nomad_url
        self._random = random.Random(0)
        self._is_odd = False
        self._writers: set[asyncio.StreamWriter] = set()
        self.address = ""
        self.odd_answers = 0

    def begin(self, seed: int) -> None:
        """Let answers be odd from now on."""
        self._random, self._is_odd, self.odd_answers = random.Random(seed), True, 0

    def calm(self) -> None:
        """Let all answers be right again; what is under way is broken off."""
        self._is_odd = False
        self._loop.call_soon_threadsafe(self._break_off)

    async def run(self, started: threading.Event, ended: asyncio.Event) -> None:
        """Serve until `ended`."""
        self._loop = asyncio.get_running_loop()
        async with httpx.AsyncClient(base_url=self._nomad_url, timeout=NO_LIMIT) as self._nomad:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            started.set()
            await ended.wait()
            server.close()
            self._break_off()

    def _break_off(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, EOFError, httpx.HTTPError):
            pass  # one of both sides is gone
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Carry one request; return whether another may follow."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split(" ", 2)
        lengths = re.findall(r"(?i)\r\ncontent-length: (\d+)", head)
        body = await reader.readexactly(int(lengths[0]) if lengths else 0)
        async with self._nomad.stream(method, target, content=body) as answer:
            if "/event/stream" in target or "follow=true" in target:
                await self._stream(answer, writer)
                return False
            fields = {name: answer.headers[name] for name in KEPT_FIELDS if name in answer.headers}
            right = Reply(answer.status_code, fields, await answer.aread())
        is_odd = self._turns_odd()
        writer.write(odd(self._random, right) if is_odd else right.raw())
        await writer.drain()
        return not is_odd

    async def _stream(self, answer: httpx.Response, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 %d X\r\nConnection: close\r\n\r\n" % answer.status_code)
        async for piece in answer.aiter_raw():
            writer.write(odd_line(self._random, piece) if self._turns_odd() else piece)
            await writer.drain()

    def _turns_odd(self) -> bool:
        if not self._is_odd or self._random.random() > SHARE:
            return False
        self.odd_answers += 1
        return True


@contextmanager
def odd_line_to(nomad_url: str) -> Iterator[OddLine]:
    """Run one before Nomad, in a thread, until the block ends."""
    line, started, ended = OddLine(nomad_url), threading.Event(), asyncio.Event()
    thread = threading.Thread(target=lambda: asyncio.run(line.run(started, ended)))
    thread.start()
    started.wait()
    try:
        yield line
    finally:
        line._loop.call_soon_threadsafe(ended.set)
        thread.join()
