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

_FRAMING_BITS = fields.CONTENT_LENGTH | fields.TRANSFER_ENCODING
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_SLICED_BYTES = 4_096
"""Of a body: up to this size a slice, which copies it, takes less time than a view."""


def request_message(
    request: RequestReader, added: bytes, data: bytes, end: int, stop: int
) -> bytes:
    """Return what goes to the replica for the head `data[:end]` and the body up to `stop`.

    `added` are our own lines, each with a CRLF before it.
    """
    source = data if stop - end <= _SLICED_BYTES else memoryview(data)
    if request.is_plain:
        return b"".join((request.passed_on, added, source[request.fields_start : stop]))
    lines = _changed_request_lines(request, data[request.fields_start : end])
    return b"".join((request.passed_on, added, lines, source[end:stop]))


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


def _changed_request_lines(request: RequestReader, lines: bytes) -> bytes:
    """Return those of the caller's field lines that go on, from the CRLF before the first one."""
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
