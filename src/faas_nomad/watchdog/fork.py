"""The forking modes: one process for each request, its stdin the body, its stdout the answer.

`streaming` sends what the process writes as it writes it; `serializing` reads the whole body
first and sends the answer when the process has ended.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping

from .bodies import Decoder
from .call import BUFFER_LIMIT, Call
from .config import Config
from .environment import request_environment
from .errors import HttpError
from .loop import Loop
from .output import HeldOutput, StreamedOutput
from .pipes import Pipes
from .process import Child, ending, spawn
from .request import Request


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
