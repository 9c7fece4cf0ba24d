"""One request and its answer: what becomes of it when a side leaves, fails or takes too long.

What can go wrong comes in by `connect_failed`, `upstream_lost`, `timed_out` or `caller_lost`;
whatever the cause, `_finish` or `_end` runs once.
"""

from faas_nomad.proxy.answering import Answering
from faas_nomad.proxy.bodies import Body
from faas_nomad.proxy.caller import After
from faas_nomad.proxy.local_answers import local_answer
from faas_nomad.proxy.stats import CALLER_LEFT
from faas_nomad.proxy.upstream import UpstreamConnection


class Exchange(Answering):
    """See the module; the caller's connection makes one for each head it has read."""

    __slots__ = ()

    def upstream_lost(self, err: Exception | None) -> None:
        """The replica's connection is gone: send again, complete the answer or cut it."""
        upstream, self._upstream = self._upstream, None
        if self._status:
            return self._answer_lost(err)
        stale = upstream is not None and upstream.used
        self._context.stats.upstream_errors["stale" if stale else "broken"] += 1
        if not self._repeat(stale=stale):
            self.fail(502, self._unanswered())

    def upstream_eof(self) -> bool:
        """The replica sends no more, so it is lost."""
        return False

    def upstream_full(self, *, full: bool) -> None:
        """The replica reads slower than the caller sends, or keeps up again."""
        self._caller.hold_reading(hold=full)

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
            return self._waited_too_long()
        if self.takes_data and not self._status:
            limits["body_time"] += 1
            return self.fail(408, "The request did not come in time.", close=True)
        limits["exchange_time"] += 1
        if self._replica is not None and not self._status:
            self._context.stats.upstream_errors["timeout"] += 1
            self._replica_failed(self._replica)
        self.fail(504, f"No answer in time from: {self._target.name}.")

    def _waited_too_long(self) -> None:
        """Say what it waited for: a connection to replicas that are all busy, or a replica."""
        target, limits = self._target, self._context.stats.limits
        tried = self._attempts.tried if self._attempts is not None else ()
        if any(replica not in tried for replica in target.active):
            limits["exchange_time"] += 1
            return self.fail(504, f"No replica was free in time for: {target.name}.")
        limits["wake_time"] += 1
        self.fail(504, f"No replica was ready in time for: {target.name}. {target.why}".rstrip())

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

    # The end.

    def _unanswered(self) -> str:
        text = f"{self._target.name or 'The control plane'} closed without an answer."
        if self._attempts is not None and self._attempts.is_unclear:
            return f"{text} Consul's service mesh may refuse us calls of it."
        return text

    def _answer_lost(self, err: Exception | None) -> None:
        rest = self._relay.at_close() if self._relay is not None and err is None else None
        if rest is None:
            self._context.stats.upstream_errors["cut_short"] += 1
            return self._end(After.CUT)
        if rest and not self._caller.writer.is_closing():
            self._caller.writer.write(rest)
        self._finish(self._context.now_s(), False)

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
