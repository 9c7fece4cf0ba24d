"""The lines that tell a function who calls, and both sides which call it is. Pure.

The peer joins the list of X-Forwarded-For (whose own line is cut); Host and Proto are set unless a
proxy in front has set them. A caller's own call id and start time are kept and come back to it.
"""

from faas_nomad.proxy import fields
from faas_nomad.proxy.request_head import RequestReader
from faas_nomad.proxy.trace import Tracer

_HOST = fields.HOST
_FORWARDED_FOR = fields.FORWARDED_FOR
_FORWARDED = fields.FORWARDED_FOR | fields.FORWARDED_HOST | fields.FORWARDED_PROTO
_TRACE = fields.CALL_ID | fields.START_TIME
_ANY = _FORWARDED | _TRACE


class Introducer:
    """Introduces the requests on one connection, which come from the address `peer`."""

    __slots__ = ("_forwarded", "_host", "_peer", "_proto_line", "_tracer")

    def __init__(self, peer: bytes, tracer: Tracer, proto: bytes = b"http") -> None:
        self._peer = peer
        self._tracer = tracer
        self._proto_line = b"\r\nX-Forwarded-Proto: " + proto
        self._host = b"\r\n"  # none can be this
        self._forwarded = b""
        """For the host that was asked for last: mostly it is the same on a connection."""

    def lines(self, request: RequestReader, start_s: float) -> tuple[bytes, bytes]:
        """Return the lines for the function and those for the answer, each after a CRLF.

        `start_s` is Unix time.
        """
        if request.seen & _ANY:
            to_function, to_caller = self._trace(request, start_s)
            return to_function + self.forwarded(request), to_caller
        trace = self._tracer.lines(start_s)
        if request.values[_HOST] == self._host:
            return trace + self._forwarded, trace
        return trace + self.forwarded(request), trace

    def forwarded(self, request: RequestReader) -> bytes:
        """Return only the lines that tell who calls."""
        seen, values = request.seen, request.values
        if seen & _FORWARDED_FOR:
            before = values[_FORWARDED_FOR]
            lines = b"".join((b"\r\nX-Forwarded-For: ", before, b", ", self._peer))
        else:
            lines = b"\r\nX-Forwarded-For: " + self._peer
        if not seen & fields.FORWARDED_PROTO:
            lines += self._proto_line
        if not seen & fields.FORWARDED_HOST:
            lines += b"\r\nX-Forwarded-Host: " + values[_HOST]
        if not seen & _FORWARDED:
            self._host, self._forwarded = values[_HOST], lines
        return lines

    def _trace(self, request: RequestReader, start_s: float) -> tuple[bytes, bytes]:
        seen, values = request.seen, request.values
        if seen & _TRACE == _TRACE:
            call_id, start = values[fields.CALL_ID], values[fields.START_TIME]
            return b"", b"".join((b"\r\nX-Call-Id: ", call_id, b"\r\nX-Start-Time: ", start))
        own = self._tracer.lines(start_s)
        if not seen & _TRACE:
            return own, own
        _, call_id, start = own.split(b"\r\n")
        if seen & fields.CALL_ID:
            missing, given = b"\r\n" + start, b"\r\nX-Call-Id: " + values[fields.CALL_ID]
        else:
            missing, given = b"\r\n" + call_id, b"\r\nX-Start-Time: " + values[fields.START_TIME]
        return missing, given + missing
