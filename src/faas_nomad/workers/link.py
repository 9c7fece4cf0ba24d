"""One worker as the control plane sees it: its socket, its sign of life, what it was asked for."""

import asyncio
import socket
from typing import Self

from faas_nomad.workers.checked import MessageError
from faas_nomad.workers.deltas import Share
from faas_nomad.workers.messages import Look, Message, Seen, Synced
from faas_nomad.workers.wire import MAX_LINE_BYTES, decode, encode

MAX_UNSENT_BYTES = 64 << 20
"""Towards one worker: about the routes of 100,000 functions."""


class Link:
    """The talk with one worker; `close` it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.share = Share()
        self.is_listening = False
        self.silent_ticks = 0
        self.fault = ""
        """Why the worker is not to live on; "" while nothing is wrong."""
        self._reader = reader
        self._writer = writer
        self._told_known: bool | None = None
        self._looks: dict[int, asyncio.Future[int]] = {}
        """What it was asked for and has not answered."""

    @classmethod
    async def over(cls, sock: socket.socket) -> Self:
        """Return the link to the worker at the other end of `sock`."""
        return cls(*await asyncio.open_unix_connection(sock=sock, limit=MAX_LINE_BYTES))

    def send(self, data: bytes) -> None:
        """Send it, or give the worker up that does not read."""
        if self._writer.transport.get_write_buffer_size() + len(data) > MAX_UNSENT_BYTES:
            self.give_up("it does not read")
        elif data and not self.fault:
            self._writer.write(data)

    def synced(self, is_known: bool) -> bytes:
        """Return what tells the worker whether all names are known, unless it was told so."""
        if self._told_known == is_known:
            return b""
        self._told_known = is_known
        return encode(Synced(is_known))

    async def next_message(self) -> Message | None:
        """Return what the worker says next; None when it is gone. Raises: MessageError, OSError."""
        line = await self._next_line()
        if not line.endswith(b"\n"):
            return None
        self.silent_ticks = 0
        return decode(line)

    async def _next_line(self) -> bytes:
        try:
            return await self._reader.readline()
        except ValueError as err:
            raise MessageError(f"a line of more than {MAX_LINE_BYTES} bytes") from err

    async def look(self, number: int, function: str) -> int:
        """Return what the worker has under way, once it says so; cancelled when it is gone."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._looks[number] = answer
        try:
            self.send(encode(Look(number, function)))
            return await answer
        finally:
            del self._looks[number]

    def seen(self, message: Seen) -> None:
        """Take the answer to a `look`, if it is still waited for."""
        if (look := self._looks.get(message.number)) and not look.done():
            look.set_result(message.under_way)

    def give_up(self, why: str) -> None:
        """End the talk."""
        self.fault = self.fault or why
        self._forget_looks()
        self._writer.transport.abort()

    def close(self) -> None:
        """Have no more of it."""
        self._forget_looks()
        self._writer.close()

    def _forget_looks(self) -> None:
        """There will be no answers any more."""
        for look in self._looks.values():
            look.cancel()
