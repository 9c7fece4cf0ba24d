"""The forking modes: one process for each request, its stdin the body, its stdout the answer.

`streaming` sends what the process writes as it writes it; `serializing` reads the whole body
first and sends the answer when the process has ended. Environment of the process: the watchdog's
own and, as with of-watchdog, `Http_<Header>` with dashes as underscores, `Http_Method`,
`Http_Path`, `Http_Query`; also `Http_Host`, as the classic watchdog has it. The header `Proxy`
is left out: several HTTP clients would take `Http_Proxy` for their proxy (httpoxy).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping

from .bodies import HEX_DIGITS, LAST_CHUNK, Decoder, chunk
from .call import BUFFER_LIMIT, Call
from .config import Config
from .errors import HttpError
from .exchange import Exchange
from .head import head_bytes
from .loop import Loop
from .process import Child, ending, spawn
from .replies import date
from .request import Request


class StreamedOutput(Decoder):
    """A process's output as an answer's bytes: the head with the first of them."""

    def __init__(self, call: Call, content_type: str) -> None:
        super().__init__()
        self._call = call
        self._content_type = content_type
        self.chunked = call.request.version == "HTTP/1.1"
        self.body = call.request.method != "HEAD"

    def feed(self, data: bytes) -> bytes:
        """Return the bytes to send for `data`."""
        head = b"" if self._call.status else self.head(200, None)
        self._call.size += len(data)
        if not self.body:
            return head
        return head + (chunk(data) if self.chunked else data)

    def head(self, status: int, length: int | None) -> bytes:
        """Return the head of the answer; without a `length` its end is not yet known."""
        call = self._call
        call.status = status
        fields = [("Content-Type", self._content_type), ("Date", date()), call.duration_header()]
        if length is not None:
            fields.append(("Content-Length", str(length)))
        elif self.chunked:
            fields.append(("Transfer-Encoding", "chunked"))
        if call.closing():
            fields.append(("Connection", "close"))
        return head_bytes(f"HTTP/1.1 {status} OK", fields)

    def last(self) -> bytes:
        """Return what ends the answer of a process that ended well."""
        if not self._call.status:
            return self.head(200, 0)
        return LAST_CHUNK if self.chunked and self.body else b""


class HeldOutput(StreamedOutput):
    """A process's output held back until its end."""

    def __init__(self, call: Call, content_type: str) -> None:
        super().__init__(call, content_type)
        self._held = bytearray()

    def feed(self, data: bytes) -> bytes:
        """Keep `data`."""
        self._held += data
        if len(self._held) > BUFFER_LIMIT:
            raise HttpError(500, f"the function's answer is over {BUFFER_LIMIT} bytes")
        return b""

    def last(self) -> bytes:
        """Return the whole answer."""
        self._call.size = len(self._held)
        head = self.head(200, len(self._held))
        return head + self._held if self.body else head


class Pipes(Exchange):
    """The exchange with a process; closes its stdin behind the request."""

    def __init__(self, call: Call, loop: Loop, output: StreamedOutput) -> None:
        self._loop = loop
        self.child_in, stdin = os.pipe()
        source, self.child_out = os.pipe()
        os.set_blocking(stdin, False)
        os.set_blocking(source, False)
        upload = call.request.decoder()
        super().__init__(call.client.fd, stdin, source, upload, output)
        self._stdin = stdin

    def uploaded(self) -> None:
        """Close the process's stdin."""
        self.sink = -1
        if self._stdin >= 0:
            self._loop.forget(self._stdin)
            os.close(self._stdin)
            self._stdin = -1

    def close_child_ends(self) -> None:
        """Close the ends that the process has now, or will never have."""
        os.close(self.child_in)
        os.close(self.child_out)

    def close(self) -> None:
        """Close this side's ends."""
        self.uploaded()
        self._loop.forget(self.source)
        os.close(self.source)


class Forking:
    """Answers calls by processes of their own."""

    def __init__(self, config: Config, loop: Loop, environ: Mapping[bytes, bytes], stderr: int):
        """Run `config.command`, its first word a path; `stderr` is where its stderr goes."""
        self._config = config
        self._loop = loop
        self._environ = dict(environ)
        self._stderr = stderr
        self._children: set[Child] = set()

    async def handle(self, call: Call) -> None:
        """Run the function for `call` and send its answer.

        Raises:
            HttpError, TooLateError, FunctionGoneError: It failed; the answer is to say so.
        """
        held = self._config.mode == "serializing"
        body = await call.receive(BUFFER_LIMIT) if held else b""
        output = (HeldOutput if held else StreamedOutput)(call, self._config.content_type)
        pipes = Pipes(call, self._loop, output)
        if held:
            pipes.upload = Decoder()
            pipes.upload.done = True
            pipes.up += body
        await self._run(call, pipes, output)

    async def _run(self, call: Call, pipes: Pipes, output: StreamedOutput) -> None:
        call.exchange = pipes
        child: Child | None = None
        try:
            try:
                child = self._spawn(call.request, pipes)
            finally:
                pipes.close_child_ends()
            call.limits.start(self._config.exec_timeout_s)
            await self._exchange(call, pipes, child)
            pipes.down += output.last()
            await pipes.flush(call.limits)
        finally:
            pipes.close()
            if child is not None:
                self._children.discard(child)
                child.kill(self._loop)

    def _spawn(self, request: Request, pipes: Pipes) -> Child:
        env = {**self._environ, **request_environment(request)}
        try:
            child = spawn(
                self._config.command, env, (pipes.child_in, pipes.child_out, self._stderr)
            )
        except OSError as err:
            raise HttpError(500, f"the function cannot be started: {err.strerror}") from None
        self._children.add(child)
        return child

    async def _exchange(self, call: Call, pipes: Pipes, child: Child) -> None:
        data = call.client.take_buffer()
        await call.client.encourage(call.request, bool(data) or pipes.upload.done)
        if data:
            pipes.take(data)
        await pipes.run(call.limits)
        if not await child.wait(call.limits.answer, self._loop):
            raise call.limits.passed()
        if child.code:
            raise HttpError(500, f"the function {ending(child.code)}")

    def kill_all(self) -> None:
        """Kill what still runs."""
        for child in self._children:
            child.signal(signal.SIGKILL)


def request_environment(request: Request) -> dict[bytes, bytes]:
    """Return the variables that tell a process about its request.

    Raises:
        HttpError: The path cannot stand in a variable.
    """
    found: dict[str, str] = {}
    for name, value in sorted(request.headers, key=lambda field: "_" in field[0]):
        if name.lower() not in ("proxy", "transfer-encoding"):
            found.setdefault("Http_" + _canonical(name), value)  # a true dash wins over a _
    found["Http_Method"] = request.method
    found["Http_Path"] = ""
    found["Http_Query"] = request.query
    if request.body_length is None:
        found["Http_Transfer_Encoding"] = "chunked"
    env = {name.encode(): value.encode("latin-1") for name, value in found.items() if value}
    env[b"Http_Path"] = unquote(request.path)
    return env


def _canonical(name: str) -> str:
    """Return `name` as Go's net/http spells it, with underscores."""
    return "_".join(word.capitalize() for word in name.split("-"))


def unquote(path: str) -> bytes:
    """Return the bytes that a path's %XX escapes stand for.

    Raises:
        HttpError: An escape is malformed, or stands for NUL.
    """
    first, *rest = path.encode("latin-1").split(b"%")
    found = bytearray(first)
    for part in rest:
        if len(part) < 2 or not HEX_DIGITS.issuperset(part[:2]):
            raise HttpError(400, "a malformed escape in the path")
        found.append(int(part[:2], 16))
        found += part[2:]
    if b"\0" in found:
        raise HttpError(400, "a NUL in the path")
    return bytes(found)
