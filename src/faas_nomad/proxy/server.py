"""The data path as one object: a reverse proxy for invocations and for the control plane.

How to use it, within a running loop::

    path = DataPath(table=table, control_socket="/run/faas-nomad/control.sock")
    gateway_port = await path.listen("0.0.0.0", 8080, address="gateway")
    provider_port = await path.listen("0.0.0.0", 8081, address="provider")
    tune_memory()    # from faas_nomad.proxy.tuning
    registry.register(DataPathCollector(path.stats))    # from faas_nomad.proxy.collector
    ...
    path.leave()          # tells callers to close
    await path.drain()    # takes no more, lets requests in flight end
    path.close()

`/function/NAME…` goes to a replica from the table, everything else to the Unix socket, with
`X-Faas-Nomad-Address: gateway|provider` added. The table may change at any time, in the loop's
thread. Where to read on: `caller_connection` and `downstream` (a caller's connection) →
`dispatching`, `sending`, `answering` and `exchange` (one request and its answer) → `upstream` (a
connection to a replica). Whatever decides without I/O is in modules of its own: heads, framing,
rewriting, balance, health, retry.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal

from faas_nomad.proxy import fields
from faas_nomad.proxy.certificate import Certificate
from faas_nomad.proxy.clients import Clients
from faas_nomad.proxy.connector import Connector
from faas_nomad.proxy.context import Context, Reads, Waker, no_reads
from faas_nomad.proxy.downstream import Downstream
from faas_nomad.proxy.exchange import Exchange
from faas_nomad.proxy.front import Front
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.proxy.mesh import Mesh
from faas_nomad.proxy.replica import Open
from faas_nomad.proxy.router import Router
from faas_nomad.proxy.spans import Spans
from faas_nomad.proxy.stats import Stats
from faas_nomad.proxy.sweep import Sweep
from faas_nomad.proxy.trace import Tracer
from faas_nomad.proxy.traced_exchange import TracedExchange
from faas_nomad.proxy.trust import Trust
from faas_nomad.proxy.upstream import UpstreamConnection
from faas_nomad.state.endpoints import Endpoint, RouteTable, UpstreamTls

BACKLOG = 4_096
"""Connections that the kernel completes before they are accepted; capped by somaxconn."""

Factory = Callable[[], UpstreamConnection]


class DataPath:
    """See the module.

    `on_endpoint_failed` is told the id of an endpoint that could not be reached, soon after;
    `waker` says whether requests for a function without replicas wait for one; `reads` has answers
    of the control plane that are rendered already; `trust` is for functions that speak TLS, `mesh`
    for those in Consul's. With a `certificate` callers speak it too; with `spans` invocations make
    some.
    """

    def __init__(
        self,
        *,
        table: RouteTable,
        control_socket: str,
        limits: ProxyLimits | None = None,
        stats: Stats | None = None,
        on_endpoint_failed: Callable[[str], None] | None = None,
        waker: Waker | None = None,
        reads: Reads = no_reads,
        trust: Trust | None = None,
        mesh: Mesh | None = None,
        certificate: Certificate | None = None,
        spans: Spans | None = None,
    ) -> None:
        self._certificate = certificate
        self.stats = stats or Stats()
        if spans is not None:
            self.stats.spans = spans.counts
        self._on_endpoint_failed = on_endpoint_failed
        self._context = Context(
            limits=limits or ProxyLimits(),
            stats=self.stats,
            now_s=time.monotonic,
            random=random.random,
            tracer=Tracer(secrets.randbits),
            endpoint_failed=self._tell_endpoint_failed,
            waker=waker,
            reads=reads,
            spans=spans,
        )
        self._connector = Connector(self._context)
        self._router = Router(
            self._context,
            _open_unix(control_socket),
            partial(_open_tcp, trust or Trust(), mesh or Mesh()),
            lambda: table.is_known,
        )
        self._clients = Clients()
        self._sweep = Sweep(self._context, self._clients, self._router)
        self._servers: list[asyncio.Server] = []
        self._table = table
        table.subscribe(self._router.apply)

    async def listen(
        self,
        host: str,
        port: int,
        address: Literal["gateway", "provider"],
        *,
        reuse_port: bool = False,
    ) -> int:
        """Accept callers at `host:port`; return the port, which the kernel picks when it is 0.

        Raises:
            OSError: The address cannot be had.
        """
        front = Front(
            self._context,
            self._router,
            self._connector,
            self._clients,
            b"\r\n%b: %b" % (fields.ADDRESS_FIELD, address.encode("ascii")),
            b"https" if self._certificate else b"http",
            TracedExchange if self._context.spans else Exchange,
        )
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Downstream(front),
            host,
            port,
            backlog=BACKLOG,
            reuse_port=reuse_port or None,
            ssl=self._certificate.context if self._certificate else None,
            ssl_handshake_timeout=self._context.limits.head_time_s if self._certificate else None,
        )
        self._servers.append(server)
        self._sweep.start()
        return int(server.sockets[0].getsockname()[1])

    def set_limits(self, limits: ProxyLimits) -> None:
        """Let these limits hold from now on; times that run already run as they began."""
        self._context.limits = limits

    def reload_certificate(self) -> None:
        """Show callers what the certificate's files have now. Raises: OSError, ssl.SSLError."""
        if self._certificate is not None:
            self._certificate.load()

    def refuse_waiting(self, function: str, reason: str) -> None:
        """Answer 503 with `reason` to the requests that wait for `function` to wake."""
        self._router.refuse_waiting(function, reason)

    async def under_way(self, function: str) -> int | None:
        """Return the function's invocations that have not ended and its open tunnels."""
        return self.stats.under_way(function)

    def leave(self) -> None:
        """Close each connection behind its next answer, so that callers can go elsewhere."""
        self._context.draining = True
        for client in self._clients:
            client.leave()

    async def drain(self, limit_s: float | None = None) -> bool:
        """Take no more callers, let what is in flight end; tell whether all of it did in time."""
        limit_s = self._context.limits.drain_time_s if limit_s is None else limit_s
        for server in self._servers:
            server.close()
        self._context.draining = self._context.is_closed = True
        for client in self._clients:
            client.drain()
        return await self._clients.wait_empty(limit_s)

    def close(self) -> None:
        """End at once all that is left."""
        self._table.unsubscribe(self._router.apply)
        self._sweep.stop()
        self._connector.close()
        for server in self._servers:
            server.close()
        for client in self._clients:
            client.cut()
        for target in self._router.targets():
            target.set_replicas(())

    def _tell_endpoint_failed(self, endpoint_id: str) -> None:
        """Tell it later: whoever hears it may change the table, in the middle of a choice."""
        if self._on_endpoint_failed is not None:
            asyncio.get_running_loop().call_soon(self._on_endpoint_failed, endpoint_id)


def _open_unix(path: str) -> Open:
    def connect(factory: Factory) -> Awaitable[object]:
        return asyncio.get_running_loop().create_unix_connection(factory, path)

    return connect


def _open_tcp(trust: Trust, mesh: Mesh, endpoint: Endpoint, tls: UpstreamTls | None) -> Open:
    host, port, service = endpoint.host, endpoint.port, endpoint.service

    def connect(factory: Factory) -> Awaitable[object]:
        return asyncio.get_running_loop().create_connection(factory, host, port)

    def connect_by_tls(factory: Factory) -> Awaitable[object]:
        loop = asyncio.get_running_loop()
        return loop.create_connection(factory, host, port, ssl=context, server_hostname=name)

    def connect_in_mesh(factory: Factory) -> Awaitable[object]:
        return mesh.connect(factory, host, port, service)

    if service:
        return connect_in_mesh
    if tls is None:
        return connect
    context, name = trust.context(tls), tls.server_name or host
    return connect_by_tls
