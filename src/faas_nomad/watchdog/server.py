"""Listening, the watchdog's own routes, and the stop in good order."""

from __future__ import annotations

import os
import resource
import socket
import time

from .call import Call, Handler
from .config import Config
from .connection import Connection
from .errors import HttpError
from .logs import log
from .loop import READ, Loop, Wait
from .replies import INTERNAL
from .sockets import bound_socket

BACKLOG = 1024
CONNECTIONS_LIMIT = 2000
DESCRIPTORS_WANTED = 8192
DESCRIPTORS_A_CALL = 4  # the client's, two pipes, a pidfd
LOOK_S = 0.01  # between looks at what still runs, while stopping
TOO_MANY = "as many requests at once as max_inflight allows\n"


class Server:
    """Serves the function that `handler` runs; it is to be set before `start`."""

    handler: Handler

    def __init__(self, config: Config, loop: Loop) -> None:
        """Bind the port.

        Raises:
            OSError: It cannot be had.
        """
        self._config = config
        self._loop = loop
        self._connections: set[Connection] = set()
        self._limit = connections_limit()
        self._inflight = 0
        self._listener = bound_socket(config.bind_address, config.port)
        self.accepting = False
        self.stopping = False
        self.hurried = False  # a second signal: do not wait for anything any more

    def start(self) -> None:
        """Listen, and say so by the lock file.

        Raises:
            OSError: The lock file cannot be written.
        """
        self._listener.listen(BACKLOG)
        if not self._config.suppress_lock:
            write_lock(self._config.lock_path)
        self.accepting = True
        self._loop.spawn(self._accept_forever())

    async def _accept_forever(self) -> None:
        while self._listener.fileno() >= 0:
            if len(self._connections) < self._limit or self._drop_an_idle_one():
                await Wait({self._listener.fileno(): READ})
                if self._accept_all():
                    continue
            await Wait({}, time.monotonic() + LOOK_S)

    def _accept_all(self) -> bool:
        """Take who waits; False if more wait than can be taken now."""
        while len(self._connections) < self._limit:
            try:
                sock, _ = self._listener.accept()
            except BlockingIOError:
                return True
            except OSError:  # gone again, or no descriptor is left
                return False
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._loop.spawn(self._serve(sock))
        return False

    async def _serve(self, sock: socket.socket) -> None:
        timeouts_s = (self._config.read_timeout_s, self._config.write_timeout_s)
        connection = Connection(sock, self._loop, self.answer, timeouts_s, lambda: self.stopping)
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)

    def _drop_an_idle_one(self) -> bool:
        for connection in self._connections:
            if connection.client.idle:
                connection.client.hang_up()
                return True
        return False

    async def answer(self, call: Call) -> None:
        """Answer `call`: the watchdog's own routes, else the function."""
        path = call.request.path
        wanted = call.request.fields.get("x-faas-nomad-replica", self._config.replica)
        if wanted != self._config.replica:
            call.must_close = True
            await call.reply(421, f"this is replica {self._config.replica}", [INTERNAL])
        elif path in ("/_/health", "/_/ready"):
            await self._probe(call, ready=path == "/_/ready")
        elif self._config.max_inflight and self._inflight >= self._config.max_inflight:
            call.must_close = call.request.body_length != 0
            await call.reply(429, TOO_MANY, [INTERNAL])
        else:
            await self._invoke(call)

    async def _probe(self, call: Call, *, ready: bool) -> None:
        call.must_close = call.request.body_length != 0
        status = self._health()
        if call.request.method != "GET":
            status = 405
        elif ready and status == 200 and 0 < self._config.max_inflight <= self._inflight:
            status = 429
        if ready and status == 200 and self._config.ready_path:
            await self._ask_function(call)
        else:
            await call.reply(status, "OK" if status == 200 else "")

    async def _ask_function(self, call: Call) -> None:
        """Let the function say whether it is ready; not counted as a request in flight."""
        if call.must_close:
            raise HttpError(400, "a body on /_/ready")
        request = call.request
        request.target = self._config.ready_path
        request.path, _, request.query = request.target.partition("?")
        await self.handler(call)

    def _health(self) -> int:
        locked = self._config.suppress_lock or os.path.exists(self._config.lock_path)
        return 200 if self.accepting and locked else 503

    async def _invoke(self, call: Call) -> None:
        self._inflight += 1
        if not call.request.fields.get("user-agent", "").startswith("kube-probe"):
            call.report = self._log
        try:
            await self.handler(call)
        finally:
            self._inflight -= 1

    def _log(self, call: Call) -> None:
        took_s = time.monotonic() - call.started
        call_id = f" [{call.request.fields.get('x-call-id', 'none')}]"
        log(
            f"{call.request.method} {call.request.path} - {call.status or 'no answer'}"
            f" - ContentLength: {call.size}B ({took_s:.4f}s)"
            f"{call_id if self._config.log_call_id else ''}"
        )

    async def announce_stop(self) -> None:
        """Be unhealthy, and serve on for `healthcheck_interval`."""
        self._be_unhealthy()
        log(f"stopping: no new connections in {self._config.healthcheck_interval_s:g} s")
        await self._pause(time.monotonic() + self._config.healthcheck_interval_s)

    async def close(self, until: float) -> None:
        """Take no more connections, and let what runs come to its end, at the latest `until`."""
        self._be_unhealthy()
        self._accept_all()
        self._loop.forget(self._listener.fileno())
        self._listener.close()
        log(f"no new connections, {self._inflight} requests to finish")
        while self._connections and time.monotonic() < until and not self.hurried:
            for connection in self._connections:
                if connection.client.idle:
                    connection.client.hang_up()
            await Wait({}, time.monotonic() + LOOK_S)

    def _be_unhealthy(self) -> None:
        self.stopping = True
        if self.accepting and not self._config.suppress_lock:
            try:
                os.unlink(self._config.lock_path)
            except OSError as err:
                log(f"lock file not removed: {err.strerror}")
        self.accepting = False

    async def _pause(self, until: float) -> None:
        while time.monotonic() < until and not self.hurried:
            await Wait({}, min(until, time.monotonic() + LOOK_S))


def write_lock(path: str) -> None:
    """Write the empty lock file; never through a link that somebody else put there."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o660))


def connections_limit() -> int:
    """Raise the descriptor limit as far as is useful; return the connections it is enough for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS_WANTED if hard == resource.RLIM_INFINITY else min(DESCRIPTORS_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return max(1, min(CONNECTIONS_LIMIT, (wanted - 32) // DESCRIPTORS_A_CALL))
