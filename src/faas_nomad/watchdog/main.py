"""From the environment to a running watchdog, and to its end."""

from __future__ import annotations

import os
import signal
import sys

from .config import Config, ConfigError
from .fork import Forking
from .logs import forward_lines, log
from .loop import READ, Loop, Wait
from .process import find_program
from .server import Server


def main() -> int:
    """Run until stopped; return the exit status."""
    loop = Loop()
    try:
        config = Config(os.environ)
        config.command[0] = _program(config.command[0])
        server = _forking_server(config, loop)
        server.start()
    except (ConfigError, OSError) as err:
        for line in str(err).splitlines():
            log(line)
        return 1
    log(f"mode: {config.mode}, listening on port {config.port}")
    loop.spawn(_obey_signals(server, loop, _signal_pipe()))
    loop.run()
    return 0


def _program(name: str) -> str:
    path = find_program(name, os.environ.get("PATH", os.defpath))
    if path is None:
        raise ConfigError(f"fprocess: no program {name!r} that can be run")
    return path


def _forking_server(config: Config, loop: Loop) -> Server:
    handler = Forking(config, loop, os.environb, _function_log(config, loop, "stderr", 2))
    return Server(config, loop, handler.handle)


def _function_log(config: Config, loop: Loop, name: str, target: int) -> int:
    """Return the descriptor for a function's `name`: `target`, or a pipe to it with prefixes."""
    if not config.prefix_logs:
        return target
    source, sink = os.pipe()
    os.set_blocking(source, False)
    loop.spawn(forward_lines(source, target, name, config.log_line_limit, loop))
    return sink


def _signal_pipe() -> int:
    """Return a descriptor from which the numbers of the signals that arrive can be read."""
    source, sink = os.pipe()
    os.set_blocking(source, False)
    os.set_blocking(sink, False)
    signal.set_wakeup_fd(sink, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return source


async def _obey_signals(server: Server, loop: Loop, source: int) -> None:
    while await Wait({source: READ}):
        os.read(source, 64)
        if server.stopping:
            server.hurried = True
        else:
            loop.spawn(_stop(server, loop))


async def _stop(server: Server, loop: Loop) -> None:
    await server.stop()
    loop.stop()


if __name__ == "__main__":
    sys.exit(main())
