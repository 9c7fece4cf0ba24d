"""A replica that follows a script, connection by connection."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from proxy.message import Message, response
from proxy.wire import Wire

_ACCEPTING_TURNS = 5
"""Of the event loop, from the accept of a connection to the start of its conversation."""

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


async def echo(wire: Wire) -> None:
    """Answer each request with its body, framed as the request was."""
    while True:
        message = await wire.read_message()
        if message.value("Transfer-Encoding"):
            await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for start in range(0, len(message.body), 50_000):
                part = message.body[start : start + 50_000]
                await wire.send(b"%x\r\n%b\r\n" % (len(part), part))
            await wire.send(b"0\r\n\r\n")
        else:
            await wire.send(response(message.body))
