"""The http mode's process: started once, waited for, watched, and stopped last."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping

from .config import Config, ConfigError
from .errors import FunctionGoneError, TooLateError
from .exchange import Limits
from .logs import log
from .loop import Loop, Wait
from .process import Child, ending, spawn
from .sockets import Address, claimed_port, connect, resolve

FIRST_PAUSE_S = 0.005  # between looks at whether the function listens
MAX_PAUSE_S = 0.1
CONNECT_S = 1.0
SAY_SO_S = 10.0  # how often a log line says that the function is still waited for
GRACE_S = 0.5  # at least this long a function may take to end by itself
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Target:
    """Where the function listens: `upstream_url` taken apart, with a port chosen if it has none."""

    def __init__(self, url: str) -> None:
        """Read `url`.

        Raises:
            ConfigError: It is not of the form http://HOST[:PORT][/PATH].
        """
        scheme, _, rest = (url or "http://127.0.0.1:0").partition("://")
        authority, slash, path = rest.partition("/")
        self.host, port = _host_and_port(authority)
        self.prefix = (slash + path).rstrip("/")
        if scheme != "http" or not self.host or not port.isdigit() or int(port) > 65535:
            raise ConfigError(f"upstream_url: {url!r}, expected http://HOST:PORT")
        self.chosen = int(port) == 0
        self.port, self.claim = claimed_port() if self.chosen else (int(port), -1)

    def environment(self) -> dict[bytes, bytes]:
        """Return the variables that tell the function a port chosen for it."""
        if not self.chosen:
            return {}
        url = f"http://{self.host}:{self.port}{self.prefix}"
        return {b"PORT": b"%d" % self.port, b"upstream_url": url.encode()}


def _host_and_port(authority: str) -> tuple[str, str]:
    if authority.startswith("["):
        host, _, port = authority[1:].partition("]")
        return host, port.lstrip(":") or "80"
    host, _, port = authority.partition(":")
    return host, port or "80"


class Service:
    """The function as one process that serves HTTP at `target`."""

    def __init__(self, config: Config, loop: Loop, target: Target) -> None:
        self._config = config
        self._loop = loop
        self.target = target
        self._addresses = resolve(target.host, target.port)
        self.child: Child | None = None

    async def start(self, environ: Mapping[bytes, bytes], outputs: tuple[int, int]) -> Address:
        """Start the process and return its address once it listens there.

        Raises:
            FunctionGoneError: Someone else listens there, or the process cannot start or ends.
        """
        if self.target.host in LOOPBACK and await self._find():
            raise FunctionGoneError(f"upstream_url: port {self.target.port} is already in use")
        stdin, _kept_open = os.pipe()  # some servers end when their stdin does
        env = {**environ, **self.target.environment()}
        try:
            self.child = spawn(self._config.command, env, (stdin, *outputs))
        except OSError as err:
            raise FunctionGoneError(f"the function cannot be started: {err.strerror}") from None
        return await self._listening(self.child)

    async def _listening(self, child: Child) -> Address:
        pause_s, said = FIRST_PAUSE_S, time.monotonic()
        while not child.poll():
            address = await self._find()
            if address:
                return address
            if time.monotonic() - said > SAY_SO_S:
                said = time.monotonic()
                log(f"waiting for the function to listen on port {self.target.port}")
            await Wait({}, time.monotonic() + pause_s)
            pause_s = min(MAX_PAUSE_S, pause_s * 1.5)
        raise FunctionGoneError(f"the function {ending(child.code)} before it listened")

    async def _find(self) -> Address | None:
        """Return the address at which someone listens."""
        for address in self._addresses:
            try:
                fd = await connect(address, Limits(0, CONNECT_S), self._loop)
            except (FunctionGoneError, TooLateError):
                continue
            self._loop.forget(fd)
            os.close(fd)
            return address
        return None

    async def stop(self, until: float) -> None:
        """Ask the process to end, and see that it has by `until` or soon after."""
        if self.child is None or self.child.poll():
            return
        self.child.signal(signal.SIGTERM)
        until = max(until, time.monotonic() + GRACE_S)
        if not await self.child.wait(until, self._loop):
            log("the function did not end by itself and is killed")
            self.child.kill(self._loop)
