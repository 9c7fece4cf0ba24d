"""Raw connections for both sides of the proxy: a caller, and a replica that follows a script."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

WITHIN_S = 5.0
UNREAD_BYTES = 120 << 20
"""More than kernels take for a reader who does not read, on both connections of a request.

A connection's buffers hold up to 38 MB (Linux 6.18: 32 MiB at the receiver, 4 MiB at the sender).
"""
_HEAD_END = b"\r\n\r\n"
_ACCEPTING_TURNS = 5
"""Of the event loop, from the accept of a connection to the start of its conversation."""


@dataclass(frozen=True)
class Message:
    """A request or response as it was on the wire."""

    start_line: str
    fields: list[tuple[str, str]]
    body: bytes = b""

    @property
    def status(self) -> int:
        """The status of a response."""
        return int(self.start_line.split(" ")[1])

    def values(self, name: str) -> list[str]:
        """Return all values of a field, whatever its spelling."""
        return [value for field_name, value in self.fields if field_name.lower() == name.lower()]

    def value(self, name: str) -> str | None:
        """Return a field's only value, if it is there."""
        found = self.values(name)
        assert len(found) <= 1, f"{name} is there {len(found)} times"
        return found[0] if found else None


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


Script = Callable[[Wire], Awaitable[None]]


@dataclass
class Origin:
    """A replica: connection after connection follows the next script, then the last for ever."""

    scripts: list[Script]
    port: int = 0
    connections: int = 0
    requests: list[Message] = field(default_factory=list)
    """What scripts made by `answering` have read."""
    failures: list[BaseException] = field(default_factory=list)
    _conversations: "dict[asyncio.Future[None], asyncio.StreamWriter]" = field(default_factory=dict)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Follow the script of one connection."""
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        try:
            await script(Wire(reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the proxy is allowed to leave
        except Exception as err:
            self.failures.append(err)
        finally:
            writer.close()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin to follow the script of one connection."""
        task = asyncio.ensure_future(self.converse(reader, writer))
        self._conversations[task] = writer
        task.add_done_callback(self._conversations.pop)

    async def hang_up(self) -> None:
        """End the scripts that still wait for something."""
        for _ in range(_ACCEPTING_TURNS):
            await asyncio.sleep(0)
        conversations = dict(self._conversations)
        for task in conversations:
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        for writer in conversations.values():
            writer.close()  # a script that never began has not done it

    def answering(self, answer: bytes, *, keep: bool = True) -> Script:
        """Return a script that gives `answer` to each request and notes the request."""

        async def script(wire: Wire) -> None:
            while True:
                self.requests.append(await wire.read_message())
                await wire.send(answer)
                if not keep:
                    return

        return script


@asynccontextmanager
async def origin(*scripts: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Origin]:
    """Run a replica; without scripts it answers `ok` to everything."""
    replica = Origin(list(scripts))
    if not scripts:
        replica.scripts = [replica.answering(response(b"ok"))]
    server = await asyncio.start_server(replica.accept, "127.0.0.1", 0, limit=1 << 21, ssl=tls)
    replica.port = server.sockets[0].getsockname()[1]
    try:
        yield replica
    finally:
        server.close()
        await replica.hang_up()
    assert not replica.failures, replica.failures


def response(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    """Return a response with Content-Length."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


def request(
    target: str = "/function/f", *lines: str, method: str = "GET", body: bytes | None = None
) -> bytes:
    """Return a request, with Content-Length when it has a body."""
    head = [f"{method} {target} HTTP/1.1", "Host: example.test", *lines]
    if body is not None:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + (body or b"")


def unused_port() -> int:
    """Return a port where nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait until `condition` holds; fail naming `what` when it does not in time."""
    try:
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"not within {WITHIN_S:g} s: {what}") from None
