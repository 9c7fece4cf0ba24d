"""The settings of invocations: time limits and bounds; the data path's own are the defaults. Pure.

Sources: faas-provider `types/read_config.go` for OpenFaaS's names, `proxy.limits` for the others.
"""

from dataclasses import dataclass

from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.settings.kinds import duration, size, whole
from faas_nomad.settings.spec import setting
from faas_nomad.settings.values import FILE, WAIT

_DEFAULTS = ProxyLimits()
_CONNECTIONS = whole(1, 1_000_000)


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """Processes, time limits and bounds of invocations."""

    workers: int = setting(
        "workers",
        1,
        whole(1, 64),
        "Processes that carry requests; `max_…` bounds hold for each; 1: the service's own",
    )
    read_timeout_s: float = setting(
        "read_timeout",
        60.0,
        WAIT,
        "Longest silence while the body of a request to /system routes is awaited",
        reloads=True,
    )
    write_timeout_s: float = setting(
        "write_timeout",
        60.0,
        WAIT,
        "Time limit of a whole answer; it bounds `upstream_timeout`",
        reloads=True,
    )
    upstream_timeout_s: float = setting(
        "upstream_timeout",
        _DEFAULTS.exchange_time_s,
        WAIT,
        "Time limit of an invocation whose function says nothing; not given, it is `read_timeout`",
        aliases=("function_timeout",),
        reloads=True,
    )
    header_timeout_s: float = setting(
        "header_timeout",
        _DEFAULTS.head_time_s,
        WAIT,
        "Time limit to receive a request's head, from its first byte",
        reloads=True,
    )
    idle_timeout_s: float = setting(
        "idle_timeout",
        _DEFAULTS.idle_time_s,
        WAIT,
        "Close a caller's connection after this long without a request",
        reloads=True,
    )
    connect_timeout_s: float = setting(
        "connect_timeout",
        _DEFAULTS.connect_time_s,
        WAIT,
        "Time limit to connect to a replica",
        reloads=True,
    )
    upstream_idle_timeout_s: float = setting(
        "upstream_idle_timeout",
        _DEFAULTS.upstream_idle_time_s,
        WAIT,
        "Close an unused connection to a replica after this long, before the replica does",
        reloads=True,
    )
    upstream_ca_file: str = setting(
        "upstream_cacert",
        "",
        FILE,
        "CA certificates (PEM) that those of functions with TLS are checked against; the system's",
    )
    tunnel_idle_timeout_s: float = setting(
        "tunnel_idle_timeout",
        _DEFAULTS.tunnel_idle_time_s,
        WAIT,
        "Close a WebSocket after this long without a byte either way",
        reloads=True,
    )
    shutdown_delay_s: float = setting(
        "shutdown_delay",
        0.0,
        duration(0, 3600),
        "Go on serving for so long when told to stop, with /healthz and /readyz at 503, so that "
        "balancers leave first",
    )
    drain_timeout_s: float = setting(
        "drain_timeout",
        _DEFAULTS.drain_time_s,
        WAIT,
        "Time that requests under way have when the service is told to stop",
        reloads=True,
    )
    max_head_bytes: int = setting(
        "max_head_bytes",
        _DEFAULTS.max_head_bytes,
        size(1024, 1 << 20),
        "Largest head of a request or answer",
        reloads=True,
    )
    max_header_count: int = setting(
        "max_header_count",
        _DEFAULTS.max_fields,
        whole(1, 10_000),
        "Most header lines of a request or answer",
        reloads=True,
    )
    max_body_bytes: int = setting(
        "max_body_bytes",
        _DEFAULTS.max_body_bytes,
        size(0, 1 << 40),
        "Largest body of an invocation, which is never held; 0 for no limit",
        reloads=True,
    )
    max_connections: int = setting(
        "max_connections",
        _DEFAULTS.max_clients,
        _CONNECTIONS,
        "Most callers' connections",
        reloads=True,
    )
    max_connections_per_replica: int = setting(
        "max_connections_per_replica",
        _DEFAULTS.max_connections,
        _CONNECTIONS,
        "Most connections to one replica; requests beyond wait",
        reloads=True,
    )
    max_idle_connections_per_replica: int = setting(
        "max_idle_connections_per_replica",
        _DEFAULTS.max_idle_connections,
        _CONNECTIONS,
        "Most unused connections kept to one replica",
        aliases=("max_idle_conns_per_host",),
        reloads=True,
    )
    max_waiting_requests: int = setting(
        "max_waiting_requests",
        _DEFAULTS.max_waiting,
        whole(0, 1_000_000),
        "Most requests of one function that wait for a connection or a replica",
        reloads=True,
    )
    max_waiting_bytes: int = setting(
        "max_waiting_bytes",
        _DEFAULTS.max_waiting_bytes,
        size(0, 1 << 40),
        "Most bytes held of all requests that wait",
        reloads=True,
    )
    max_tunnels: int = setting(
        "max_tunnels",
        _DEFAULTS.max_tunnels,
        whole(0, 1_000_000),
        "Most WebSockets and other upgraded connections",
        reloads=True,
    )
    max_tries: int = setting(
        "max_tries",
        _DEFAULTS.max_tries,
        whole(1, 100),
        "Most replicas that are tried for one request",
        reloads=True,
    )
    retry_percent: int = setting(
        "retry_percent",
        _DEFAULTS.retry_percent,
        whole(0, 100),
        "Most repeats, after a reserve of 128, of requests that may have been seen, per hundred",
        reloads=True,
    )
    max_unread_bytes: int = setting(
        "max_unread_bytes",
        _DEFAULTS.write_buffer_bytes,
        size(4096, 1 << 30),
        "Bytes held for a slow caller or function before the other is no longer read",
        reloads=True,
    )
    max_pipelined_bytes: int = setting(
        "max_pipelined_bytes",
        _DEFAULTS.max_held_bytes,
        size(1024, 1 << 30),
        "Bytes held behind a request in progress before its caller is no longer read",
        reloads=True,
    )
    max_trailer_bytes: int = setting(
        "max_trailer_bytes",
        _DEFAULTS.max_trailer_bytes,
        size(2, 1 << 20),
        "Largest trailer section of a chunked body",
        reloads=True,
    )
    max_skipped_bytes: int = setting(
        "max_skipped_bytes",
        _DEFAULTS.max_skipped_bytes,
        size(0, 1 << 30),
        "Most that is read, to keep a connection, of a body that nobody wants",
        reloads=True,
    )
    linger_timeout_s: float = setting(
        "linger_timeout",
        _DEFAULTS.linger_time_s,
        WAIT,
        "Time that a refused caller has to read why",
        reloads=True,
    )
