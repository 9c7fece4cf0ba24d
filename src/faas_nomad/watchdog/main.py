"""From the environment to a running watchdog, and to its end."""

from __future__ import annotations

import os
import signal
import time

from .config import Config, ConfigError
from .errors import FunctionGoneError
from .fork import Forking
from .logs import FunctionLogs, log
from .loop import READ, Loop, Wait
from .process import ending, find_program
from .server import Server
from .service import Service, Target
from .upstream import Upstream

PASSED_ON = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)  # a function's own business
LAST_ANSWERS_S = 0.5  # for telling callers that the function has died
LAST_LINES_S = 0.2  # for what a function that was stopped has logged


def main() -> int:
    """Run until stopped; return the exit status."""
    _open_standard_descriptors()
    loop = Loop()
    try:
        watchdog = Watchdog(Config(os.environ), loop)
    except (ConfigError, OSError) as err:
        for line in str(err).splitlines():
            log(line)
        return 1
    loop.spawn(watchdog.start())
    loop.spawn(watchdog.obey_signals(_signal_pipe(watchdog.signals())))
    try:
        loop.run()
    finally:
        watchdog.kill()
    return watchdog.status


class Watchdog:
    """The server and the function behind it, from the start to the exit `status`."""

    def __init__(self, config: Config, loop: Loop) -> None:
        """Bind the port and find the function's program.

        Raises:
            ConfigError: There is no such program.
            OSError: The port cannot be had.
        """
        self._config = config
        self._loop = loop
        self._server = Server(config, loop)
        self._logs = FunctionLogs(loop, config.log_line_limit)
        self._service: Service | None = None
        self._forking: Forking | None = None
        self.status = 0
        config.command[0] = _program(config.command[0])
        if config.mode == "http":
            self._service = Service(config, loop, Target(config.upstream_url))

    async def start(self) -> None:
        """Get the function ready, then listen."""
        config, loop = self._config, self._loop
        try:
            if self._service:
                await self._start_service(self._service)
            else:
                stderr = self._function_log("stderr", 2)
                self._forking = Forking(config, loop, os.environb, stderr)
                self._server.handler = self._forking.handle
            if not self._server.stopping:
                self._server.start()
        except (FunctionGoneError, OSError) as err:
            if not self._server.stopping:
                self._fail(str(err))
        else:
            log(f"mode: {config.mode}, listening on port {config.port}")

    async def _start_service(self, service: Service) -> None:
        outputs = (self._function_log("stdout", 1), self._function_log("stderr", 2))
        address = await service.start(os.environb, outputs)
        upstream = Upstream(self._config, self._loop, address, service.target.prefix)
        self._server.handler = upstream.handle

    def _function_log(self, name: str, target: int) -> int:
        """Return the descriptor for the output `name`: `target`, or a pipe to it with prefixes."""
        return self._logs.open(name, target) if self._config.prefix_logs else target

    def signals(self) -> list[int]:
        """Return the signals that `obey_signals` is to be told about."""
        children = [signal.SIGCHLD] if self._service else []  # in the forking modes pipes tell
        return [signal.SIGTERM, signal.SIGINT, *PASSED_ON, *children]

    def kill(self) -> None:
        """Kill what still runs of the function."""
        if self._service and self._service.child:
            self._service.child.signal(signal.SIGKILL)
        if self._forking:
            self._forking.kill_all()

    async def obey_signals(self, source: int) -> None:
        """Do what the signals ask for whose numbers arrive at `source`."""
        while await Wait({source: READ}):
            numbers = os.read(source, 64)
            if signal.SIGCHLD in numbers:
                self._look_after_service()
            for number in PASSED_ON:
                if number in numbers and self._service and self._service.child:
                    self._service.child.signal(number)
            if signal.SIGTERM in numbers or signal.SIGINT in numbers:
                self._stop_or_hurry()

    def _look_after_service(self) -> None:
        """A function that ends by itself ends the watchdog, so that Nomad starts both anew."""
        child = self._service.child if self._service else None
        if child and child.poll() and not self._server.stopping and self._server.accepting:
            self._fail(f"the function {ending(child.code)}")

    def _fail(self, why: str) -> None:
        log(why)
        self.status = 1
        self._loop.spawn(self._end(LAST_ANSWERS_S))

    def _stop_or_hurry(self) -> None:
        if self._server.stopping:
            self._server.hurried = True
        else:
            self._loop.spawn(self._stop())

    async def _stop(self) -> None:
        await self._server.announce_stop()
        await self._end(self._config.write_timeout_s)

    async def _end(self, drain_s: float) -> None:
        until = time.monotonic() + drain_s
        await self._server.close(until)
        if self._service:
            await self._service.stop(until)
        self.kill()
        await self._logs.finish(time.monotonic() + LAST_LINES_S)
        self._loop.stop()


def _open_standard_descriptors() -> None:
    """See that no pipe gets the number 0, 1 or 2, where a function expects something else."""
    while (fd := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(fd)


def _program(name: str) -> str:
    path = find_program(name, os.environ.get("PATH", os.defpath))
    if path is None:
        raise ConfigError(f"fprocess: no program {name!r} that can be run")
    return path


def _signal_pipe(numbers: list[int]) -> int:
    """Return a descriptor from which those of the signals `numbers` that arrive can be read."""
    source, sink = os.pipe()
    os.set_blocking(source, False)
    os.set_blocking(sink, False)
    signal.set_wakeup_fd(sink, warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    return source
