"""Two connections that speak another protocol with each other, after 101: bytes go both ways.

The exchange that was answered 101 gives place to it. Each side may end its own direction; when
both have, or one breaks, or no byte comes for long, it is over. TLS has no end of one direction in
asyncio: where either side speaks it, the first end is that of the tunnel, or nobody would tell the
other side.
"""

from faas_nomad.proxy.bodies import Body
from faas_nomad.proxy.caller import After, Caller
from faas_nomad.proxy.context import Context
from faas_nomad.proxy.replica import Replica
from faas_nomad.proxy.stats import FunctionStats
from faas_nomad.proxy.upstream import UpstreamConnection


class Tunnel:
    """Owns both connections from the start; counted for `function` until its end."""

    __slots__ = (
        "_caller",
        "_context",
        "_function",
        "_is_over",
        "_replica",
        "_upstream",
        "_upstream_at_eof",
    )

    takes_data = True

    def __init__(
        self,
        caller: Caller,
        replica: Replica,
        upstream: UpstreamConnection,
        function: FunctionStats,
        context: Context,
    ) -> None:
        self._caller = caller
        self._replica = replica
        self._upstream = upstream
        self._function = function
        self._context = context
        self._is_over = False
        self._upstream_at_eof = False
        function.tunnels += 1
        context.stats.tunnels += 1
        self._stay()

    def request_data(self, data: bytes) -> int:
        """Pass on what the caller sends."""
        # Between EOF and connection_lost a transport is closing and must not be written to.
        if not self._upstream.transport.is_closing():
            self._upstream.transport.write(data)
        self._stay()
        return len(data)

    def response_data(self, data: bytes) -> None:
        """Pass on what the replica sends."""
        if self._caller.writer.is_closing():
            return self.caller_lost()
        self._caller.writer.write(data)
        self._stay()

    def caller_eof(self) -> bool:
        """The caller sends no more; the way back stays open, but not over TLS."""
        if self._upstream_at_eof or not self._upstream.transport.can_write_eof():
            self._end(After.CLOSE)
        else:
            self._upstream.transport.write_eof()
        return True

    def upstream_eof(self) -> bool:
        """The replica sends no more; the other way stays open, but not over TLS."""
        if not self._upstream.transport.can_write_eof():
            return False
        self._upstream_at_eof = True
        if self._caller.at_eof:
            self._end(After.CLOSE)
            return True
        return self._caller.send_eof()

    def caller_full(self, *, full: bool) -> None:
        """The caller reads slower than the replica sends, or keeps up again."""
        self._upstream.hold_reading(hold=full)

    def upstream_full(self, *, full: bool) -> None:
        """The replica reads slower than the caller sends, or keeps up again."""
        self._caller.hold_reading(hold=full)

    def caller_lost(self) -> None:
        """The caller is gone."""
        self._end(After.CUT)

    def upstream_lost(self, _err: Exception | None) -> None:
        """The replica's connection is gone."""
        self._end(After.CLOSE)

    def timed_out(self) -> None:
        """Nothing came for long."""
        self._context.stats.limits["tunnel_idle_time"] += 1
        self._end(After.CLOSE)

    def _stay(self) -> None:
        self._caller.deadline_s = self._context.now_s() + self._context.limits.tunnel_idle_time_s

    def _end(self, after: After) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._function.tunnels -= 1
        self._context.stats.tunnels -= 1
        self._replica.in_flight -= 1
        self._upstream.drop(flush=True)
        missing: Body | None = None
        self._caller.exchange_over(after, self._context.now_s(), missing)
