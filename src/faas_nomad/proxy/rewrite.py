"""What goes on to the function and back to the caller, as bytes. Pure.

Start lines are written anew, our own fields follow them, all other fields go through as the bytes
they came in, less the hop-by-hop ones.

Host stays the caller's: functions that build absolute URLs or check signed requests need it, the
Go SDK does so for streaming requests, and what it sends otherwise (address and port of the
replica) tells a function nothing. X-Forwarded-Host carries it too, as there.
"""

from faas_nomad.proxy import fields
from faas_nomad.proxy.bodies import CHUNKED, UNTIL_CLOSE
from faas_nomad.proxy.request_head import RequestReader
from faas_nomad.proxy.response_head import ResponseReader
from faas_nomad.proxy.trace import Tracer

_ANY_FORWARDED = fields.FORWARDED_FOR | fields.FORWARDED_HOST | fields.FORWARDED_PROTO
ANY_TRACE = fields.CALL_ID | fields.START_TIME
"""The fields that `own_trace` is for."""
_FRAMING_BITS = fields.CONTENT_LENGTH | fields.TRANSFER_ENCODING
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


def own_trace(request: RequestReader, tracer: Tracer, start_s: float) -> tuple[bytes, bytes]:
    """Return the lines that request and answer get when the caller set some itself.

    The caller's values are kept and come back to it; `start_s` is Unix time.
    """
    seen, values = request.seen, request.values
    if seen & ANY_TRACE == ANY_TRACE:
        call_id, start = values[fields.CALL_ID], values[fields.START_TIME]
        return b"", b"".join((b"\r\nX-Call-Id: ", call_id, b"\r\nX-Start-Time: ", start))
    _, call_id, start = tracer.lines(start_s).split(b"\r\n")
    if seen & fields.CALL_ID:
        missing, given = b"\r\n" + start, b"\r\nX-Call-Id: " + values[fields.CALL_ID]
    else:
        missing, given = b"\r\n" + call_id, b"\r\nX-Start-Time: " + values[fields.START_TIME]
    return missing, given + missing


class Forwarder:
    """Gives the X-Forwarded lines for requests on one connection, from the address `peer`.

    The peer joins the list of X-Forwarded-For (whose own line is cut); Host and Proto are set
    unless a proxy in front has set them.
    """

    __slots__ = ("_host", "_lines", "_peer")

    def __init__(self, peer: bytes) -> None:
        self._peer = peer
        self._host = b""
        self._lines = b""
        """For the host that was asked for last: mostly it is the same on a connection."""

    def lines(self, request: RequestReader) -> bytes:
        """Return the lines for `request`."""
        host = request.values[fields.HOST]
        if request.seen & _ANY_FORWARDED:
            return self._joined(request, host)
        if host != self._host or not self._lines:
            self._host = host
            self._lines = self._joined(request, host)
        return self._lines

    def _joined(self, request: RequestReader, host: bytes) -> bytes:
        seen = request.seen
        lines = b"\r\nX-Forwarded-For: " + self._peer
        if seen & fields.FORWARDED_FOR:
            before = request.values[fields.FORWARDED_FOR]
            lines = b"".join((b"\r\nX-Forwarded-For: ", before, b", ", self._peer))
        if not seen & fields.FORWARDED_PROTO:
            lines += b"\r\nX-Forwarded-Proto: http"
        if not seen & fields.FORWARDED_HOST:
            lines += b"\r\nX-Forwarded-Host: " + host
        return lines


def request_message(
    request: RequestReader, path: bytes, added: bytes, data: bytes, end: int, stop: int
) -> bytes:
    """Return what goes to the replica for the head `data[:end]` and the body up to `stop`.

    `added` are our own lines, each with a CRLF before it.
    """
    if request.is_plain:
        lines = data[request.fields_start : stop]
    else:
        lines = _changed_request_lines(request, data[:end]) + data[end:stop]
    return b"".join((request.method, b" ", path, b" HTTP/1.1", added, lines))


def plain_answer(
    response: ResponseReader, trace: bytes, duration_s: float, data: bytes, stop: int
) -> bytes:
    """Return what goes to the caller for `data[:stop]` when nothing has to be taken out.

    That is when the response says so and the caller's HTTP/1.1 connection is kept.
    """
    parts = (
        response.status_line,
        trace,
        b"\r\nX-Duration-Seconds: ",
        b"%.6f" % duration_s,
        data[response.fields_start : stop],
    )
    return b"".join(parts)


def changed_answer(
    request: RequestReader, response: ResponseReader, added: bytes, head: bytes, *, keep: bool
) -> tuple[bytes, bool]:
    """Return the head for the caller and whether its connection can be kept.

    `added` are our own lines; `keep` tells whether all else allows to keep it.
    """
    lines = _changed_response_lines(response, head)
    if request.is_http11:
        if response.length == UNTIL_CLOSE:
            added += b"\r\nTransfer-Encoding: chunked"
        if not keep:
            added += b"\r\nConnection: close"
    else:
        keep = keep and response.length >= 0
        if response.length == CHUNKED:
            lines = fields.without_named(lines, _FRAMING)
        added += b"\r\nConnection: keep-alive" if keep else b"\r\nConnection: close"
    return b"".join((response.status_line, added, lines)), keep


def switch_head(response: ResponseReader, added: bytes, head: bytes) -> bytes:
    """Return the head of a 101 answer for the caller; `added` are our own lines."""
    switch = b"\r\nConnection: Upgrade\r\nUpgrade: " + response.values[fields.UPGRADE]
    return b"".join((response.status_line, switch, added, _changed_response_lines(response, head)))


def missing_answer_fields(response: ResponseReader, trace: bytes, duration_s: float) -> bytes:
    """Return the trace and duration lines that the function has not set itself."""
    duration = b"\r\nX-Duration-Seconds: %.6f" % duration_s
    kept = [b""]
    for line in (trace + duration).split(b"\r\n")[1:]:
        bit = fields.RESPONSE_BITS[line.partition(b":")[0].lower()]
        if not response.seen & bit:
            kept.append(line)
    return b"\r\n".join(kept)


def _changed_request_lines(request: RequestReader, head: bytes) -> bytes:
    """Return the caller's field lines that go on, from the CRLF before the first one."""
    lines = head[request.fields_start :]
    if request.cuts:
        lines = fields.without_lines(lines, request.cuts)
    if request.named:
        lines = fields.without_named(lines, request.named)
    if not request.seen & fields.HOST:
        lines = b"\r\nHost: " + request.values[fields.HOST] + lines
    if request.upgrade:
        upgrade = request.values[fields.UPGRADE]
        lines = b"\r\nConnection: Upgrade\r\nUpgrade: " + upgrade + lines
    return lines


def _changed_response_lines(response: ResponseReader, head: bytes) -> bytes:
    """Return the function's field lines that go on, from the CRLF before the first one."""
    lines = head[response.fields_start :]
    if response.cuts:
        lines = fields.without_lines(lines, response.cuts)
    if response.named:
        lines = fields.without_named(lines, response.named)
    if response.status == 204 and response.seen & _FRAMING_BITS:
        lines = fields.without_named(lines, _FRAMING)  # RFC 9110 8.6, RFC 9112 6.1
    return lines
