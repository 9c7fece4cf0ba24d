"""Every bound of the data path, with its unit and why it has its default. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProxyLimits:
    """Bounds on what callers and functions may cost; each one that is hit is counted.

    Times are enforced by one sweep a second (`sweep_s`): they strike up to that much late, never
    early.
    """

    max_head_bytes: int = 65_536
    """A request or response head. Node allows 16 KiB, nginx 32, Go 1 MiB; cookies need the room."""
    max_fields: int = 128
    """Header lines in one head."""
    max_body_bytes: int = 0
    """A request body; 0 means no bound, as it is streamed and never held."""
    max_trailer_bytes: int = 8_192
    """The trailer section after a chunked body."""
    head_time_s: float = 10.0
    """From the first byte of a request head to its last: slow senders hold a connection."""
    idle_time_s: float = 75.0
    """A caller's connection without a request; longer than the 60 s of common balancers, so that
    they close first and never meet a connection that is just going away."""
    body_time_s: float = 60.0
    """Without a byte while the body of a control-plane call is awaited."""
    exchange_time_s: float = 60.0
    """A whole invocation, from its head to the last byte of the answer; see `RoutePolicy`."""
    connect_time_s: float = 2.0
    """To connect to a replica; within a data centre it takes a millisecond or never happens."""
    tunnel_idle_time_s: float = 3600.0
    """A WebSocket or other upgraded connection without a byte in either direction."""
    upstream_idle_time_s: float = 4.0
    """An unused connection to a replica; shorter than the 5 s after which Node closes its own."""
    linger_time_s: float = 2.0
    """For a refused caller to read the refusal, while what it still sends is thrown away."""
    drain_time_s: float = 30.0
    """For requests in flight to end when the process stops."""
    max_connections: int = 1_024
    """Connections to one replica; requests beyond wait for a free one."""
    max_idle_connections: int = 1_024
    """Unused connections kept to one replica."""
    max_waiting: int = 1_024
    """Requests of one function that wait for a connection or a replica; 503 beyond."""
    max_waiting_bytes: int = 64 << 20
    """Held of all requests that wait, heads and begun bodies; 503 beyond."""
    wake_time_s: float = 60.0
    """For a function without a ready replica to have one; 504 to who waited so long."""
    max_tunnels: int = 8_192
    """Upgraded connections; 503 beyond. Fewer than callers, so that there is room for others."""
    max_clients: int = 16_384
    """Callers' connections; 503 and close beyond."""
    max_held_bytes: int = 65_536
    """Pipelined bytes held behind a request in progress before reading stops."""
    max_skipped_bytes: int = 262_144
    """Of a request body that nobody wants, read to keep its connection; as in Go's server."""
    write_buffer_bytes: int = 65_536
    """Unsent bytes towards a slow reader, a caller or a replica, before the other side is no longer
    read."""
    max_tries: int = 3
    """Replicas tried for one request."""
    retry_percent: int = 20
    """Repeats of sent requests for each hundred: replicas that die cannot multiply the load."""
    max_interim: int = 16
    """1xx heads that a function may send before its answer."""
    sweep_s: float = 1.0
    """Pause between two looks for what has run out of time."""
