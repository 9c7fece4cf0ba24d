"""A caller's connection: reads heads and hands each request to an exchange, one at a time.

The sweep calls `timed_out` after the connection's `deadline_s`.
"""

import asyncio
import re
from typing import cast

from faas_nomad.proxy.bodies import Body, body_of
from faas_nomad.proxy.caller import After, Conversation
from faas_nomad.proxy.caller_connection import CallerConnection
from faas_nomad.proxy.errors import BadRequestError
from faas_nomad.proxy.exchange import Exchange
from faas_nomad.proxy.front import Front
from faas_nomad.proxy.introduce import Introducer
from faas_nomad.proxy.local_answers import json_answer, local_answer
from faas_nomad.proxy.request_head import HEAD_END, RequestReader
from faas_nomad.proxy.skip import Skip

_EMPTY_LINES = re.compile(rb"(?:\r\n)+")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_MAPPED_IPV4 = "::ffff:"


class Downstream(CallerConnection):
    """One caller's connection; see `caller.Caller` for what exchanges use of it."""

    __slots__ = ("_is_in_head", "address_line", "connector", "introducer", "reader")

    introducer: Introducer

    def __init__(self, front: Front) -> None:
        super().__init__(front)
        self._is_in_head = False
        """A part of a head has come, so its time runs."""
        self.address_line = front.address_line
        self.connector = front.connector
        self.reader = RequestReader()

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, or refuse when there are too many."""
        context, limits = self._context, self._context.limits
        self.writer = cast("asyncio.Transport", transport)
        self.writer.set_write_buffer_limits(high=limits.write_buffer_bytes)
        self.introducer = Introducer(_peer(self.writer), context.tracer, self._front.proto)
        begins_within_s = limits.linger_time_s if context.is_closed else limits.idle_time_s
        self.deadline_s = context.now_s() + begins_within_s
        self._front.clients.add(self)
        context.stats.clients += 1
        context.stats.clients_total += 1
        if context.stats.clients > limits.max_clients:
            self.refuse(BadRequestError(503, "too many connections", "clients"))

    def data_received(self, data: bytes) -> None:
        """Read a request and begin its exchange, unless something else is going on."""
        if self._exchange is not None or self._held or self._is_over or self._writing_paused:
            return self._take(data)
        end = data.find(HEAD_END) + 4
        if 4 <= end <= self._context.limits.max_head_bytes:
            self._read(data, end)
        else:
            self._await_head(data, 0)

    def eof_received(self) -> bool:
        """Go on as long as an answer is due: callers may close their sending side early."""
        self.at_eof, self.may_stay = True, False
        if self._exchange is not None:
            return self._exchange.caller_eof() and self._can_half_close()
        waits = self._pump_planned or (self._writing_paused and bool(self._held))
        return waits and self._can_half_close()

    def _can_half_close(self) -> bool:
        """Tell whether an answer can still be written; TLS has no such thing in asyncio."""
        return self._front.proto == b"http"

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the exchange."""
        self._is_over = True
        self._front.clients.discard(self)
        self._context.stats.clients -= 1
        if self._exchange is not None:
            self._exchange.caller_lost()

    # What exchanges and the sweep tell.

    def answered(self, now_s: float) -> None:
        """Wait for the next request."""
        self._exchange = None
        self.deadline_s = now_s + self._context.limits.idle_time_s
        if self._hold_wanted:
            self.hold_reading(hold=False)
        if self._held:
            self._plan_pump()
        elif not self.may_stay and not self._is_over:
            self._close()

    def exchange_over(self, after: After, now_s: float, missing: Body | None) -> None:
        """Wait for the next request, or close as `after` says."""
        if after is After.KEEP:
            return self.answered(now_s)
        self._exchange = None
        if self._hold_wanted:
            self.hold_reading(hold=False)
        if missing is not None and after is After.SKIP and not self._is_over:
            self._exchange = Skip(self, missing, self._context)
        else:
            self._leave(after, now_s)

    def go_on_as(self, conversation: Conversation) -> None:
        """Put `conversation` in the place of the exchange."""
        self._exchange = conversation

    def timed_out(self, now_s: float) -> None:
        """End what takes too long; a second time, end it at once."""
        self.deadline_s = now_s + self._context.limits.linger_time_s
        limits = self._context.stats.limits
        if self._is_over:
            self.writer.abort()
        elif self._exchange is not None:
            self._exchange.timed_out()
        elif self._held:
            limits["head_time"] += 1
            self.refuse(BadRequestError(408, "The request head did not come in time."))
        else:
            limits["idle_time"] += 1
            self._close()

    # Reading.

    def _take(self, data: bytes) -> None:
        """Take bytes that do not simply begin a request."""
        exchange = self._exchange
        if exchange is not None:
            if exchange.takes_data:
                taken = exchange.request_data(data)
                if taken < len(data):
                    self.hold(data[taken:])
            else:
                self.hold(data)
        elif self._writing_paused or self._pump_planned:
            self.hold(data)  # behind requests that were not looked at yet
        elif not self._is_over:
            self._go_on(data)

    def _go_on(self, data: bytes) -> None:
        """Read a request of which a part is held already."""
        seen = len(self._held)
        data = self._held + data
        self._held = b""
        end = data.find(HEAD_END, max(0, seen - 3)) + 4
        if 4 <= end <= self._context.limits.max_head_bytes:
            self._is_in_head = False
            self._read(data, end)
        else:
            self._await_head(data, seen)

    def _read(self, data: bytes, end: int) -> None:
        """Read the head `data[:end]` and begin its exchange."""
        context, front, request = self._context, self._front, self.reader
        try:
            request.read(data, end, context.limits.max_fields)
        except BadRequestError as err:
            return self._misread(data, err)
        function = request.function
        if function is None:
            return self._ask_control_plane(request.target, data, end)
        target = front.router.by_segment.get(function)
        if target is None:
            return self._without_function(function, data, end)
        exchange = self._exchange = front.invoke(self, target)
        exchange.begin(data, end)

    def _ask_control_plane(self, request_target: bytes, data: bytes, end: int) -> None:
        """Answer what is rendered already, else let the control plane answer."""
        request = self.reader
        body = None
        if request.method == b"GET" and request.length == 0 and not request.upgrade:
            body = self._context.reads(request_target, data[:end])
        if body is None:
            exchange = self._exchange = Exchange(self, self._front.router.control)
            return exchange.begin(data, end)
        now_s = self._context.now_s()
        keep = request.keep_alive and self._can_stay(end < len(data))
        self.writer.write(json_answer(body, keep=keep, is_http11=request.is_http11))
        if not keep:
            return self._leave(After.CLOSE, now_s)
        self.deadline_s = now_s + self._context.limits.idle_time_s
        if end < len(data):
            self.hold(data[end:])

    def _await_head(self, data: bytes, seen: int) -> None:
        """Keep the beginning of a head, unless what is new behind `seen` makes it wrong."""
        limits = self._context.limits
        empty = _EMPTY_LINES.match(data)
        if empty is not None:
            data = data[empty.end() :]
        if len(data) > limits.max_head_bytes:
            too_long = f"the head is longer than {limits.max_head_bytes} bytes"
            return self.refuse(BadRequestError(431, too_long, "head"))
        if _BARE_LF.search(data, max(0, seen - 1)):
            return self.refuse(BadRequestError(400, "a line ends without CR"))
        if self.at_eof:
            return self._close()
        self._held = data
        if data and not self._is_in_head:
            self._is_in_head = True
            self.deadline_s = self._context.now_s() + limits.head_time_s

    def _misread(self, data: bytes, err: BadRequestError) -> None:
        """Refuse a head, or skip the empty lines before it (RFC 9112 2.2)."""
        empty = _EMPTY_LINES.match(data)
        if empty is None:
            self.refuse(err)
        elif empty.end() < len(data):
            self._go_on(data[empty.end() :])

    def _without_function(self, segment: bytes, data: bytes, end: int) -> None:
        status, text = self._front.router.why_none(segment.decode("latin-1"))
        self._context.stats.refused[status] += 1
        request, now_s = self.reader, self._context.now_s()
        keep = request.keep_alive and not request.continues and self._can_stay(end < len(data))
        answer = local_answer(
            status,
            text,
            keep=keep,
            to_head=request.method == b"HEAD",
            is_http11=request.is_http11,
        )
        self.writer.write(answer)
        if not keep:
            return self._leave(After.LINGER, now_s)
        self.deadline_s = now_s + self._context.limits.idle_time_s
        if request.length:
            body = body_of(request.length, self._context.limits.max_trailer_bytes)
            self._exchange = Skip(self, body, self._context)
            self._take(data[end:])
        elif end < len(data):
            self.hold(data[end:])


def _peer(transport: asyncio.Transport) -> bytes:
    """Return the caller's address."""
    name = transport.get_extra_info("peername")
    host = str(name[0]) if name else "unknown"
    return host.removeprefix(_MAPPED_IPV4).encode("ascii", "replace")
