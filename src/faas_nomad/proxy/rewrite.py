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

_ANY_FORWARDED = fields.FORWARDED_FOR | fields.FORWARDED_HOST | fields.FORWARDED_PROTO
_ALL_TRACE = fields.CALL_ID | fields.START_TIME
_FRAMING_BITS = fields.CONTENT_LENGTH | fields.TRANSFER_ENCODING
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


def trace_fields(call_id: bytes, start_ns: int) -> bytes:
    """Return the two lines that let a call be followed; `start_ns` is Unix time."""
    return b"\r\nX-Call-Id: %b\r\nX-Start-Time: %d" % (call_id, start_ns)


def missing_trace(request: RequestReader, trace: bytes) -> tuple[bytes, bytes]:
    """Return the lines that request and answer get, when the caller set some itself.

    `trace` is what `trace_fields` gave; the caller's values are kept and come back to it.
    """
    if not request.seen & _ALL_TRACE:
        return trace, trace
    _, call_id, start_time = trace.split(b"\r\n")
    values = request.values
    to_function = to_caller = b""
    if request.seen & fields.CALL_ID:
        to_caller = b"\r\nX-Call-Id: " + values[fields.CALL_ID]
    else:
        to_function = to_caller = b"\r\n" + call_id
    if request.seen & fields.START_TIME:
        return to_function, to_caller + b"\r\nX-Start-Time: " + values[fields.START_TIME]
    return to_function + b"\r\n" + start_time, to_caller + b"\r\n" + start_time


def forwarded_fields(request: RequestReader, peer: bytes) -> bytes:
    """Return the X-Forwarded lines for a request from the address `peer`.

    The peer joins the list of X-Forwarded-For (whose own line is cut); Host and Proto are set
    unless a proxy in front has set them.
    """
    seen, values = request.seen, request.values
    host = values.get(fields.HOST, b"")
    if not seen & _ANY_FORWARDED:
        return b"\r\nX-Forwarded-For: %b\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: %b" % (
            peer,
            host,
        )
    if seen & fields.FORWARDED_FOR:
        lines = b"\r\nX-Forwarded-For: %b, %b" % (values[fields.FORWARDED_FOR], peer)
    else:
        lines = b"\r\nX-Forwarded-For: " + peer
    if not seen & fields.FORWARDED_PROTO:
        lines += b"\r\nX-Forwarded-Proto: http"
    if not seen & fields.FORWARDED_HOST:
        lines += b"\r\nX-Forwarded-Host: " + host
    return lines


def passed_request_lines(request: RequestReader, head: bytes) -> bytes:
    """Return the caller's field lines that go on, from the CRLF before the first one."""
    lines = head[request.fields_start :]
    if request.cuts:
        lines = fields.without_lines(lines, request.cuts)
    if request.named:
        lines = fields.without_named(lines, request.named)
    if not request.seen & fields.HOST:
        lines = b"\r\nHost: " + request.values.get(fields.HOST, b"") + lines
    if request.upgrade:
        upgrade = request.values[fields.UPGRADE]
        lines = b"\r\nConnection: Upgrade\r\nUpgrade: " + upgrade + lines
    return lines


def answer_head(
    request: RequestReader,
    response: ResponseReader,
    head: bytes,
    added: bytes,
    *,
    keep: bool,
) -> tuple[bytes, bool]:
    """Return the head for the caller and whether its connection can be kept.

    `added` are our own lines; `keep` tells whether all else allows to keep it.
    """
    lines = _passed_response_lines(response, head)
    if keep and response.length != UNTIL_CLOSE and request.is_http11:
        return b"%b%b%b" % (response.status_line, added, lines), True
    if request.is_http11:
        if response.length == UNTIL_CLOSE:
            added += b"\r\nTransfer-Encoding: chunked"
        if not keep:
            added += b"\r\nConnection: close"
    else:
        keep = keep and response.length >= 0
        if response.length == CHUNKED:
            lines = fields.without_named(lines, _FRAMING)
        added += b"\r\nConnection: " + (b"keep-alive" if keep else b"close")
    return b"%b%b%b" % (response.status_line, added, lines), keep


def switch_head(response: ResponseReader, head: bytes, added: bytes) -> bytes:
    """Return the head of a 101 answer for the caller."""
    upgrade = response.values.get(fields.UPGRADE, b"")
    lines = _passed_response_lines(response, head)
    return b"%b\r\nConnection: Upgrade\r\nUpgrade: %b%b%b" % (
        response.status_line,
        upgrade,
        added,
        lines,
    )


def missing_answer_fields(response: ResponseReader, trace: bytes, duration_s: float) -> bytes:
    """Return the trace and duration lines that the function has not set itself."""
    if not response.seen & (_ALL_TRACE | fields.DURATION):
        return b"%b\r\nX-Duration-Seconds: %.6f" % (trace, duration_s)
    kept = []
    for line in trace.split(b"\r\n")[1:]:
        bit = fields.RESPONSE_BITS[line.partition(b":")[0].lower()]
        if not response.seen & bit:
            kept.append(line)
    if not response.seen & fields.DURATION:
        kept.append(b"X-Duration-Seconds: %.6f" % duration_s)
    return b"".join(b"\r\n" + line for line in kept)


def _passed_response_lines(response: ResponseReader, head: bytes) -> bytes:
    """Return the function's field lines that go on, from the CRLF before the first one."""
    lines = head[response.fields_start :]
    if response.cuts:
        lines = fields.without_lines(lines, response.cuts)
    if response.named:
        lines = fields.without_named(lines, response.named)
    if response.status == 204 and response.seen & _FRAMING_BITS:
        lines = fields.without_named(lines, _FRAMING)  # RFC 9110 8.6, RFC 9112 6.1
    return lines
