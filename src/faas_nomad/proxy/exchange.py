"""One request and its answer: from the read head to the last byte of the answer.

The hot path is `begin` (in `sending`) and then `response_data` → `_begin_answer` → `_finish`.
Everything that can go wrong comes in by `connect_failed`, `upstream_lost`, `timed_out` or
`caller_lost`; whatever the cause, `_finish` or `_end` runs once.
"""

from faas_nomad.proxy import fields
from faas_nomad.proxy.bodies import BadBodyError
from faas_nomad.proxy.caller import After
from faas_nomad.proxy.errors import BadResponseError
from faas_nomad.proxy.local_answers import local_answer
from faas_nomad.proxy.relay import Relay
from faas_nomad.proxy.request_head import HEAD_END
from faas_nomad.proxy.response_head import ResponseReader
from faas_nomad.proxy.rewrite import (
    changed_answer,
    missing_answer_fields,
    plain_answer,
    switch_head,
)
from faas_nomad.proxy.sending import JOINED_BYTES, Sending
from faas_nomad.proxy.stats import CALLER_LEFT
from faas_nomad.proxy.upstream import UpstreamConnection

_KEEP = After.KEEP  # an enumeration's member is slow to look up


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
        limits, upstream = self._context.limits, self._upstream
        if not 4 <= end <= limits.max_head_bytes or upstream is None:
            return self._await_head(data)
        response = upstream.reader
        try:
            response.read(data, end, self._request.method == b"HEAD", limits.max_fields)
        except BadResponseError as err:
            return self._bad_answer(str(err))
        if response.status < 200:
            return self._take_interim(response, data[:end], data[end:])
        self._begin_answer(response, data, end)

    def request_data(self, data: bytes) -> int:
        """Take more of the request's body, or what goes through the tunnel."""
        if not self.is_tunnel:
            return super().request_data(data)
        self._write_upstream(data)
        self._keep_tunnel()
        return len(data)

    def upstream_lost(self, err: Exception | None) -> None:
        """The replica's connection is gone: send again, complete the answer or cut it."""
        upstream, self._upstream = self._upstream, None
        if self.is_tunnel:
            return self._end(After.CLOSE)
        if self._status:
            return self._answer_lost(err)
        stale = upstream is not None and upstream.used
        self._context.stats.upstream_errors["stale" if stale else "broken"] += 1
        if not self._repeat(stale=stale):
            self.fail(502, f"{self._target.name or 'The control plane'} closed without an answer.")

    def upstream_eof(self) -> bool:
        """The replica sends no more; a tunnel stays open the other way."""
        if not self.is_tunnel:
            return False
        self._upstream_at_eof = True
        if self._caller.at_eof:
            self._end(After.CLOSE)
        else:
            self._caller.send_eof()
        return True

    def caller_eof(self) -> bool:
        """The caller sends no more; tell whether the exchange goes on."""
        if self.is_tunnel:
            if self._upstream_at_eof:
                self._end(After.CLOSE)
            elif self._upstream is not None and self._upstream.transport.can_write_eof():
                self._upstream.transport.write_eof()
            return True
        if self._body is not None or self.is_waiting:
            self.caller_lost()  # who waits has sent nothing on: its place is better used
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
        if self.is_tunnel:
            limits["tunnel_idle_time"] += 1
            return self._end(After.CLOSE)
        if self.is_waiting:
            limits["wake_time"] += 1
            return self.fail(504, f"No replica was ready in time for: {self._target.name}.")
        if self._body is not None and not self._status:
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

    def _begin_answer(self, response: ResponseReader, data: bytes, end: int) -> None:
        """Write the head `data[:end]` and what there is of the body."""
        context, caller, request = self._context, self._caller, self._request
        writer, length = caller.writer, response.length
        if writer.is_closing():
            return self.caller_lost()
        now_s = context.now_s()
        self._status = response.status
        replica = self._replica
        if replica is not None and replica.health.failures and replica.health.answered():
            self._target.sort_out()
        is_whole = 0 <= length <= len(data) - end
        stop = end + length if is_whole and length <= JOINED_BYTES else end
        if (
            response.is_plain
            and self._target.is_function
            and (
                request.keep_alive and request.is_http11 and not (context.draining or caller.at_eof)
            )
        ):
            out = plain_answer(response, self._trace, now_s - self._started_s, data, stop)
        else:
            out = self._changed_answer(response, data[:end], now_s) + data[end:stop]
        writer.write(out)
        if not is_whole:
            return self._begin_relay(length, data[end:])
        if length > JOINED_BYTES:
            writer.write(memoryview(data)[end : end + length])
        self._finish(now_s, response.keep_alive and end + length == len(data))

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

    def _begin_relay(self, length: int, data: bytes) -> None:
        self.forget_request()
        self._relay = Relay(
            length,
            is_http11=self._request.is_http11,
            max_trailer_bytes=self._context.limits.max_trailer_bytes,
        )
        if data:
            self._more(data)

    def _more(self, data: bytes) -> None:
        """Pass on more of the body, or what comes through the tunnel."""
        writer = self._caller.writer
        if writer.is_closing():
            return self.caller_lost()
        if self.is_tunnel:
            writer.write(data)
            return self._keep_tunnel()
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
        self._answer_seen = True

    def _take_interim(self, response: ResponseReader, head: bytes, rest: bytes) -> None:
        """Open a tunnel after 101; drop other 1xx: the proxy itself answers Expect."""
        self._answer_seen = True
        self._head_come = b""
        if response.status == 101:
            return self._open_tunnel(response, head, rest)
        self._interim += 1
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

    # Tunnels.

    def _open_tunnel(self, response: ResponseReader, head: bytes, rest: bytes) -> None:
        if not self._request.upgrade or not response.seen & fields.UPGRADE:
            return self._bad_answer("101 without an upgrade")
        now_s = self._context.now_s()
        stats = self._context.stats
        self._status, self.is_tunnel = 101, True
        self.forget_request()
        stats.tunnels += 1
        self._target.stats.tunnels += 1
        self._target.stats.ended(101, now_s - self._started_s)
        writer = self._caller.writer
        writer.write(switch_head(response, self._answer_fields(response, now_s), head) + rest)
        held = self._caller.take_held()
        if held:
            self._write_upstream(held)
        self._keep_tunnel()

    def _keep_tunnel(self) -> None:
        self._caller.deadline_s = self._context.now_s() + self._context.limits.tunnel_idle_time_s

    # The end.

    def _finish(self, now_s: float, clean: bool) -> None:
        """The whole answer has gone to the caller; `clean`: the connection can be used again."""
        self.done = True
        self._target.stats.ended(self._status, now_s - self._started_s)
        replica, upstream, body = self._replica, self._upstream, self._body
        self._upstream = None
        if replica is not None:
            replica.in_flight -= 1
            if upstream is not None:
                if clean and (self._request.length == 0 or self._is_all_sent(upstream)):
                    replica.give_back(upstream, now_s)
                else:
                    upstream.drop()
        after = _KEEP if body is None and self._keep_alive else self._after(keep=self._keep_alive)
        self._caller.exchange_over(after, now_s, body)

    def _end(self, after: After) -> None:
        """It is over without a whole answer from the replica."""
        if self.done:
            return
        self.done = True
        now_s = self._context.now_s()
        if self.is_tunnel:
            self._context.stats.tunnels -= 1
            self._target.stats.tunnels -= 1
        else:
            self._target.stats.ended(self._status or CALLER_LEFT, now_s - self._started_s)
        if self._replica is not None:
            self._replica.in_flight -= 1
        else:
            self._target.leave_waiting(self)
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.drop(flush=self.is_tunnel)
        self._caller.exchange_over(after, now_s, self._body)

    def _is_all_sent(self, upstream: UpstreamConnection) -> bool:
        """Tell whether the replica has the whole request; it may answer without reading it."""
        return self._body is None and not upstream.transport.get_write_buffer_size()

    def _after(self, *, keep: bool) -> After:
        if self._body is None:
            return After.KEEP if keep else After.CLOSE
        return After.SKIP if keep else After.LINGER
