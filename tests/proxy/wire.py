"""Raw connections for both sides of the proxy, a caller's and a replica's."""

import asyncio
import socket
import struct

from proxy.message import Message

WITHIN_S = 5.0
UNREAD_BYTES = 120 << 20
"""More than kernels take for a reader who does not read, on both connections of a request.

A connection's buffers hold up to 38 MB (Linux 6.18: 32 MiB at the receiver, 4 MiB at the sender).
"""
_HEAD_END = b"\r\n\r\n"


class Wire:
    """One connection with reads that cannot hang and an end that can be told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def local_port(self) -> int:
        """Return the port at this end."""
        return int(self._writer.get_extra_info("sockname")[1])

    async def send(self, data: bytes) -> None:
        """Send `data` and wait until most of it is gone."""
        self._writer.write(data)
        async with asyncio.timeout(WITHIN_S):
            await self._writer.drain()

    def send_eof(self) -> None:
        """Close the sending side."""
        self._writer.write_eof()

    def stop_reading(self) -> None:
        """Take no more from the kernel, as a process that hangs."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    async def read(self, count: int) -> bytes:
        """Return exactly `count` bytes."""
        async with asyncio.timeout(WITHIN_S):
            return await self._reader.readexactly(count)

    async def read_some(self) -> bytes:
        """Return what is there, at least a byte; nothing at the end."""
        async with asyncio.timeout(WITHIN_S):
            return await self._reader.read(1 << 20)

    async def read_until(self, mark: bytes) -> bytes:
        """Return everything up to `mark` and it."""
        async with asyncio.timeout(WITHIN_S):
            return await self._reader.readuntil(mark)

    async def rest(self) -> bytes:
        """Return everything up to the end of the connection."""
        async with asyncio.timeout(WITHIN_S):
            return await self._reader.read()

    async def is_cut(self) -> bool:
        """Tell whether the connection ends with a reset rather than in order."""
        try:
            await self.rest()
        except ConnectionResetError:
            return True
        return False

    async def read_message(self, *, without_body: bool = False) -> Message:
        """Return the next message, its body unwrapped.

        Raises:
            asyncio.IncompleteReadError: The connection ended within it.
        """
        head = (await self.read_until(_HEAD_END)).decode("latin-1")
        start_line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        fields = [(line.split(":", 1)[0], line.split(":", 1)[1].strip()) for line in lines]
        message = Message(start_line, fields)
        if without_body:
            return message
        return Message(start_line, fields, await self.body_of(message))

    async def body_of(self, message: Message) -> bytes:
        """Return the body that follows the head `message`, unwrapped."""
        if message.value("Transfer-Encoding") == "chunked":
            return await self._chunks()
        length = message.value("Content-Length")
        if length is not None:
            return await self.read(int(length))
        return await self.rest() if message.start_line.startswith("HTTP/") else b""

    async def _chunks(self) -> bytes:
        body = b""
        while size := int((await self.read_until(b"\r\n")).split(b";")[0], 16):
            body += await self.read(size)
            assert await self.read(2) == b"\r\n"
        while await self.read_until(b"\r\n") != b"\r\n":
            pass
        return body

    def close(self) -> None:
        """Close in order."""
        self._writer.close()

    def reset(self) -> None:
        """Close with RST, as a process that dies with unread data."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


async def connect(port: int, receive_buffer: int | None = None) -> Wire:
    """Return a connection to a port of this machine."""
    sock = socket.socket()
    sock.setblocking(False)
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    try:
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return Wire(*await asyncio.open_connection(sock=sock, limit=1 << 21))
