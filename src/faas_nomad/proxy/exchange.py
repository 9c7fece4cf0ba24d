"""One request and its answer: from the read head to the last byte of the answer.

The hot path is `begin` (in `sending`) and then `response_data` → `_answer_at_once` → `_finish`.
Everything that can go wrong comes in by `connect_failed`, `upstream_lost`, `timed_out` or
`caller_lost`; whatever the cause, `_finish` or `_end` runs once.
"""

from faas_nomad.proxy import fields
from faas_nomad.proxy.bodies import BadBodyError, Body
from faas_nomad.proxy.caller import After
from faas_nomad.proxy.errors import BadResponseError
from faas_nomad.proxy.local_answers import local_answer
from faas_nomad.proxy.relay import Relay
from faas_nomad.proxy.replica import Replica
from faas_nomad.proxy.request_head import HEAD_END
from faas_nomad.proxy.response_head import ResponseReader
from faas_nomad.proxy.rewrite import (
    changed_answer,
    missing_answer_fields,
    plain_answer,
    switch_head,
)
from faas_nomad.proxy.sending import Sending
from faas_nomad.proxy.stats import CALLER_LEFT
from faas_nomad.proxy.tunnel import Tunnel
from faas_nomad.proxy.upstream import UpstreamConnection

JOINED_BYTES = 16_384
"""An answer up to this size is copied behind its head, to be one write; a larger one is not."""


class Exchange(Sending):
    """See the module; the caller's connection makes one for each head it has read."""

    __slots__ = ()

    def response_data(self, data: bytes) -> None:
        """Take bytes from the replica."""
        if self._status:
            return self._more(data)
        if self._head_come:
            data = self._head_come + data
        end = data.find(HEAD_END) + 4
        context, upstream = self._context, self._upstream
        if end < 4 or upstream is None or end > context.limits.max_head_bytes:
            return self._await_head(data)
        response, request = upstream.reader, self._request
        try:
            response.read(data, end, request.method == b"HEAD", context.limits.max_fields)
        except BadResponseError as err:
            return self._bad_answer(str(err))
        if response.status < 200:
            return self._take_interim(response, data[:end], data[end:])
        stop = end + response.length
        if (
            end <= stop <= len(data)
            and len(data) <= JOINED_BYTES
            and response.is_plain
            and request.is_usual
            and self._caller.may_stay
            and self._target.is_function
        ):
            self._answer_at_once(upstream, data, stop)
        else:
            self._answer(response, data, end)

    def upstream_lost(self, err: Exception | None) -> None:
        """The replica's connection is gone: send again, complete the answer or cut it."""
        upstream, self._upstream = self._upstream, None
        if self._status:
            return self._answer_lost(err)
        stale = upstream is not None and upstream.used
        self._context.stats.upstream_errors["stale" if stale else "broken"] += 1
        if not self._repeat(stale=stale):
            self.fail(502, f"{self._target.name or 'The control plane'} closed without an answer.")

    def upstream_eof(self) -> bool:
        """The replica sends no more, so it is lost."""
        return False

    def caller_eof(self) -> bool:
        """The caller sends no more; tell whether the exchange goes on."""
        # Who waits has sent nothing on: its place is better used. Who closes its side in the middle
        # of a control-plane answer, such as a stream of logs that may stay silent for ever, has
        # left; who calls a function may be waiting for its end.
        is_listener = self._status and not self._target.is_function
        if self.takes_data or self.is_waiting or is_listener:
            self.caller_lost()
            return False
        return True

    def upstream_full(self, *, full: bool) -> None:
        """The replica reads slower than the caller sends, or keeps up again."""
        self._caller.hold_reading(hold=full)

    def caller_full(self, *, full: bool) -> None:
        """The caller reads slower than the replica sends, or keeps up again."""
        if self._upstream is not None:
            self._upstream.hold_reading(hold=full)

    def caller_lost(self) -> None:
        """The caller is gone: nobody wants the answer."""
        self._end(After.CUT)

    def timed_out(self) -> None:
        """The time for the exchange is over."""
        limits = self._context.stats.limits
        if self.is_waiting:
            limits["wake_time"] += 1
            target = self._target
            text = f"No replica was ready in time for: {target.name}. {target.why}".rstrip()
            return self.fail(504, text)
        if self.takes_data and not self._status:
            limits["body_time"] += 1
            return self.fail(408, "The request did not come in time.", close=True)
        limits["exchange_time"] += 1
        if self._replica is not None and not self._status:
            self._context.stats.upstream_errors["timeout"] += 1
            self._replica_failed(self._replica)
        self.fail(504, f"No answer in time from: {self._target.name}.")

    def fail(self, status: int, text: str, *, close: bool = False) -> None:
        """Answer `status`, or cut an answer that has begun; `close` when no request can follow."""
        if self._status:
            return self._end(After.CUT)
        self._status = status
        # Who waits for 100 and gets this instead may send the body or not: no way to tell.
        keep = self._keeps() and not (close or self._request.continues)
        if not self._caller.writer.is_closing():
            to_head = self._request.method == b"HEAD"
            self._caller.writer.write(
                local_answer(
                    status,
                    text,
                    trace=self._trace,
                    to_head=to_head,
                    keep=keep,
                    is_http11=self._request.is_http11,
                )
            )
        self._end(self._after(keep=keep))

    # The answer on its way.

    def _answer_at_once(self, upstream: UpstreamConnection, data: bytes, stop: int) -> None:
        """Write the whole answer `data[:stop]`, of which all lines can go on as they are."""
        writer, response, replica = self._caller.writer, upstream.reader, self._replica
        if writer.is_closing():
            return self.caller_lost()
        now_s = self._context.now_s()
        self._status = response.status
        took_s = now_s - self._started_s
        writer.write(plain_answer(response, self._trace, took_s, data, stop))
        if replica is not None and replica.health.failures:
            self._replica_answered(replica)
        self._finish(now_s, response.keep_alive and stop == len(data))

    def _answer(self, response: ResponseReader, data: bytes, end: int) -> None:
        """Write the head `data[:end]` as it has to be, then the body as it comes."""
        writer, replica = self._caller.writer, self._replica
        if writer.is_closing():
            return self.caller_lost()
        now_s = self._context.now_s()
        self._status = response.status
        if replica is not None and replica.health.failures:
            self._replica_answered(replica)
        writer.write(self._changed_answer(response, data[:end], now_s))
        stop = end + response.length
        if end <= stop <= len(data):
            if end < stop:
                writer.write(memoryview(data)[end:stop])
            return self._finish(now_s, response.keep_alive and stop == len(data))
        self.forget_request()
        self._relay = Relay(
            response.length,
            is_http11=self._request.is_http11,
            max_trailer_bytes=self._context.limits.max_trailer_bytes,
        )
        if end < len(data):
            self._more(data[end:])

    def _replica_answered(self, replica: Replica) -> None:
        if replica.health.answered():
            self._target.sort_out()

    def _changed_answer(self, response: ResponseReader, head: bytes, now_s: float) -> bytes:
        added = self._answer_fields(response, now_s)
        out, self._keep_alive = changed_answer(
            self._request, response, added, head, keep=self._keeps()
        )
        return out

    def _keeps(self) -> bool:
        """Tell whether another request can come on the caller's connection."""
        if not self._request.keep_alive or self._context.draining:
            return False
        return not self._caller.at_eof or self._caller.has_held()

    def _answer_fields(self, response: ResponseReader, now_s: float) -> bytes:
        if not self._target.is_function:
            return b""
        return missing_answer_fields(response, self._trace, now_s - self._started_s)

    def _more(self, data: bytes) -> None:
        """Pass on more of the body."""
        writer = self._caller.writer
        if writer.is_closing():
            return self.caller_lost()
        relay = self._relay
        assert relay is not None, "an answer that is not over has a body"
        try:
            out = relay.pass_on(data)
        except BadBodyError:
            self._context.stats.upstream_errors["bad_answer"] += 1
            return self._end(After.CUT)
        if out:
            writer.write(out)
        if relay.body.done:
            upstream = self._upstream
            clean = not relay.excess and upstream is not None and upstream.reader.keep_alive
            self._finish(self._context.now_s(), clean)

    def _await_head(self, data: bytes) -> None:
        if len(data) > self._context.limits.max_head_bytes:
            return self._bad_answer("its head is too long")
        self._head_come = data

    def _take_interim(self, response: ResponseReader, head: bytes, rest: bytes) -> None:
        """Open a tunnel after 101; drop other 1xx: the proxy itself answers Expect."""
        self._head_come = b""
        self._interim += 1
        if response.status == 101:
            return self._open_tunnel(response, head, rest)
        if self._interim > self._context.limits.max_interim:
            return self._bad_answer("too many 1xx heads")
        if rest:
            self.response_data(rest)

    def _bad_answer(self, reason: str) -> None:
        self._context.stats.upstream_errors["bad_answer"] += 1
        self.fail(502, f"Bad answer from {self._target.name or 'the control plane'}: {reason}.")

    def _answer_lost(self, err: Exception | None) -> None:
        rest = self._relay.at_close() if self._relay is not None and err is None else None
        if rest is None:
            self._context.stats.upstream_errors["cut_short"] += 1
            return self._end(After.CUT)
        if rest and not self._caller.writer.is_closing():
            self._caller.writer.write(rest)
        self._finish(self._context.now_s(), False)

    def _open_tunnel(self, response: ResponseReader, head: bytes, rest: bytes) -> None:
        """Answer 101 and let a tunnel take the connections over."""
        caller, upstream, replica = self._caller, self._upstream, self._replica
        if not self._request.upgrade or not response.seen & fields.UPGRADE:
            return self._bad_answer("101 without an upgrade")
        if self._context.stats.tunnels >= self._context.limits.max_tunnels:
            self._context.stats.limits["tunnels"] += 1
            return self.fail(503, "Too many upgraded connections.")
        assert upstream is not None, "it has just answered"
        assert replica is not None, "it has just answered"
        now_s = self._context.now_s()
        self.done, self._status = True, 101
        stats = self._target.stats
        stats.ended(101, now_s - self._started_s)
        caller.writer.write(
            switch_head(response, self._answer_fields(response, now_s), head) + rest
        )
        tunnel = Tunnel(caller, replica, upstream, stats, self._context)
        upstream.owner = tunnel
        caller.go_on_as(tunnel)
        held = caller.take_held()
        if held:
            tunnel.request_data(held)

    # The end.

    def _finish(self, now_s: float, clean: bool) -> None:
        """The whole answer has gone to the caller; `clean`: the connection can be used again."""
        self.done = True
        self._target.stats.ended(self._status, now_s - self._started_s)
        replica, upstream = self._replica, self._upstream
        if replica is not None:
            replica.in_flight -= 1
            if upstream is not None:
                if clean and (self._request.length == 0 or self._is_all_sent(upstream)):
                    replica.give_back(upstream, now_s)
                else:
                    upstream.drop()
        if self._keep_alive and self._upload is None:
            return self._caller.answered(now_s)
        self._caller.exchange_over(self._after(keep=self._keep_alive), now_s, self._missing())

    def _end(self, after: After) -> None:
        """It is over without a whole answer from the replica."""
        if self.done:
            return
        self.done = True
        now_s = self._context.now_s()
        self._target.stats.ended(self._status or CALLER_LEFT, now_s - self._started_s)
        if self._replica is not None:
            self._replica.in_flight -= 1
        else:
            self._target.leave_waiting(self)
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.drop()
        self._caller.exchange_over(after, now_s, self._missing())

    def _is_all_sent(self, upstream: UpstreamConnection) -> bool:
        """Tell whether the replica has the whole request; it may answer without reading it."""
        return not self.takes_data and not upstream.transport.get_write_buffer_size()

    def _missing(self) -> Body | None:
        """Return the request's body if some of it has not come."""
        return self._upload.missing if self._upload is not None else None

    def _after(self, *, keep: bool) -> After:
        if not self.takes_data:
            return After.KEEP if keep else After.CLOSE
        return After.SKIP if keep else After.LINGER
