"""Passing on one answer: its head as it has to be for the caller, then its body as it comes.

The hot path is `response_data` → `_answer_at_once` → `_finish`.
"""

from abc import abstractmethod

from faas_nomad.proxy import fields
from faas_nomad.proxy.bodies import BadBodyError
from faas_nomad.proxy.caller import After
from faas_nomad.proxy.errors import BadResponseError
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
from faas_nomad.proxy.tunnel import Tunnel
from faas_nomad.proxy.upstream import UpstreamConnection

JOINED_BYTES = 16_384
"""An answer up to this size is copied behind its head, to be one write; a larger one is not."""


class Answering(Sending):
    """The answer's side of an exchange."""

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

    @abstractmethod
    def caller_lost(self) -> None:
        """The caller is gone: nobody wants the answer."""

    @abstractmethod
    def _finish(self, now_s: float, clean: bool) -> None:
        """The whole answer has gone to the caller; `clean`: the connection can be used again."""

    @abstractmethod
    def _end(self, after: After) -> None:
        """It is over without a whole answer from the replica."""

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
