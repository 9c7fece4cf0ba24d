"""Reads response heads strictly: a function is as little trusted as a caller. Pure.

One reader serves one connection to a replica; its attributes hold the response read last.
Sources: RFC 9112 (4 status line, 6.3 message body length); llhttp for the grammar of fields.
"""

import re
from http import HTTPStatus

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from faas_nomad.proxy import fields
from faas_nomad.proxy.bodies import CHUNKED, UNTIL_CLOSE
from faas_nomad.proxy.errors import BadResponseError

_STATUS_LINES = {b"HTTP/1.1 %d %b" % (s, s.phrase.encode()): s.value for s in HTTPStatus}
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])( [\t\x20-\x7e\x80-\xff]*)?")
_MIN_LINE_BYTES = 4  # `a:` and CRLF
_WITHOUT_BODY = (204, 304)
_CUT = fields.CONNECTION | fields.UPGRADE | fields.HOP_BY_HOP
_CHANGING = _CUT | fields.CALL_ID | fields.START_TIME | fields.DURATION
_STOPS = (HttpParserError, HttpParserUpgrade)
_NONE: frozenset[bytes] = frozenset()
_bit_of = fields.RESPONSE_BITS.get
_ONLY_ONCE = fields.CONTENT_LENGTH | fields.TRANSFER_ENCODING
_UNUSUAL = fields.CONNECTION | fields.TRANSFER_ENCODING


class ResponseReader:
    """Reads one head after another; after `read` the attributes tell what the response is."""

    __slots__ = (
        "cuts",
        "fields_start",
        "is_plain",
        "keep_alive",
        "length",
        "named",
        "seen",
        "status",
        "status_line",
        "values",
    )

    status: int
    status_line: bytes
    """As it goes to the caller, in HTTP/1.1, without its CRLF."""
    is_plain: bool
    """All lines can go on as they are, and ours beside them."""
    keep_alive: bool
    length: int
    """Of the body in bytes, CHUNKED or UNTIL_CLOSE."""
    fields_start: int
    """Where the CRLF that ends the status line is."""
    seen: int
    values: dict[int, bytes]
    cuts: list[bytes]
    """Names, as spelled, of the lines that are not passed on."""
    named: frozenset[bytes]
    """Further names that Connection takes away."""

    def __init__(self) -> None:
        self.values = {}
        self.is_plain = False

    def read(self, head: bytes, to_head: bool, max_fields: int) -> None:
        """Read `head`, which ends with its empty line; `to_head`: it answers a HEAD request.

        Raises:
            BadResponseError: It is refused; nothing of it may be passed on.
        """
        if len(head) > max_fields * _MIN_LINE_BYTES and head.count(b"\n") > max_fields + 2:
            raise BadResponseError(f"more than {max_fields} header lines")
        if not self.is_plain:
            self.cuts, self.named = [], _NONE
        self.is_plain = False
        self.seen = 0
        try:
            # A new one each time: it costs 0.15 µs, and the old one waits for a body.
            HttpResponseParser(self).feed_data(head)
        except _STOPS as err:
            _refuse_unless_upgrade(err)
        end = self.fields_start = head.find(b"\r\n")
        self.status_line = head[:end]
        self.status = _STATUS_LINES.get(self.status_line, 0)
        self.keep_alive = True
        if not self.status:
            self._read_other_status_line()
        seen = self.seen
        has_length = seen & fields.CONTENT_LENGTH
        self.length = int(self.values[fields.CONTENT_LENGTH]) if has_length else UNTIL_CLOSE
        if seen & _UNUSUAL:
            self._read_unusual_fields(seen)
        if self.length == UNTIL_CLOSE:
            self.keep_alive = False
        else:
            self.is_plain = not seen & _CHANGING and self.status != 204
        if to_head or self.status < 200 or self.status in _WITHOUT_BODY:
            self.length = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one field from the parser."""
        bit = _bit_of(name.lower())
        if bit is None:
            return
        if self.seen & bit:
            if bit & _ONLY_ONCE:
                raise BadResponseError(f"more than one {name.decode('ascii')} header")
            value = self.values[bit] + b", " + value
        self.seen |= bit
        self.values[bit] = value
        if bit & _CUT:
            self.cuts.append(name)

    def _read_other_status_line(self) -> None:
        found = _STATUS_LINE.fullmatch(self.status_line)
        if found is None:
            raise BadResponseError("malformed status line")
        self.status = int(found[2])
        self.status_line = b"HTTP/1.1 %b%b" % (found[2], found[3] or b" ")
        self.keep_alive = found[1] == b"1"

    def _read_unusual_fields(self, seen: int) -> None:
        if seen & fields.TRANSFER_ENCODING:
            if self.values[fields.TRANSFER_ENCODING].lower() != b"chunked" or not self.keep_alive:
                raise BadResponseError("the only transfer coding is chunked, in HTTP/1.1")
            self.length = CHUNKED
        if seen & fields.CONNECTION:
            self._read_connection(self.values[fields.CONNECTION])

    def _read_connection(self, value: bytes) -> None:
        named = fields.named_fields(value)
        if b"close" in fields.tokens(value):
            self.keep_alive = False
        elif b"keep-alive" in named:
            self.keep_alive = True
        self.named = named - {b"keep-alive", b"upgrade"} - fields.RESPONSE_BITS.keys()


def _refuse_unless_upgrade(err: Exception) -> None:
    if isinstance(err, HttpParserUpgrade):
        return  # the parser has stopped behind the head, which is all there was
    if isinstance(err.__context__, BadResponseError):
        raise err.__context__
    raise BadResponseError(f"malformed response: {err}")
