"""Reads response heads strictly: a function is as little trusted as a caller. Pure.

The way is that of `request_head`. One reader serves one connection to a replica; its attributes
hold the response read last. Sources: RFC 9112 (4 status line, 6.3 message body length).
"""

import re

from faas_nomad.proxy import fields
from faas_nomad.proxy.bodies import CHUNKED, UNTIL_CLOSE
from faas_nomad.proxy.errors import BadResponseError
from faas_nomad.proxy.field_lines import BadFieldError, memo_of_fields
from faas_nomad.proxy.memo import Memo

StatusLine = tuple[int, bytes, bool]
"""The status, the line in HTTP/1.1 as it goes to the caller, and whether it came in HTTP/1.1."""

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])( [\t\x20-\x7e\x80-\xff]*)?")
_WITHOUT_BODY = (204, 304)
_CUT = fields.CONNECTION | fields.UPGRADE | fields.HOP_BY_HOP
_CHANGING = _CUT | fields.CALL_ID | fields.START_TIME | fields.DURATION
_NONE: frozenset[bytes] = frozenset()
_ONLY_ONCE = fields.CONTENT_LENGTH | fields.TRANSFER_ENCODING
_UNUSUAL = fields.CONNECTION | fields.TRANSFER_ENCODING


def read_status_line(line: bytes) -> StatusLine:
    """Return what `line`, without its CRLF, says.

    Raises:
        BadResponseError: It is malformed, or of another protocol.
    """
    found = _STATUS_LINE.fullmatch(line)
    if found is None:
        raise BadResponseError("malformed status line")
    passed_on = b"HTTP/1.1 %b%b" % (found[2], found[3] or b" ")
    return int(found[2]), passed_on, found[1] == b"1"


_what_line_says = Memo(lambda line: (read_status_line(line), True)).__getitem__
_what_field_says = memo_of_fields(fields.RESPONSE_BITS).__getitem__


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

    def read(self, data: bytes, end: int, to_head: bool, max_fields: int) -> None:
        """Read the head `data[:end]`, whose only empty line is its last.

        `to_head`: it answers a HEAD request.

        Raises:
            BadResponseError: It is refused; nothing of it may be passed on.
        """
        lines = data[: end - 4].split(b"\r\n", max_fields + 1)
        start = lines.pop(0)
        if len(lines) > max_fields:
            raise BadResponseError(f"more than {max_fields} header lines")
        if not self.is_plain:
            self.cuts, self.named = [], _NONE
        self.is_plain = False
        self.fields_start = len(start)
        self.status, self.status_line, self.keep_alive = _what_line_says(start)
        seen = self.seen = self._read_fields(lines)
        if seen & _UNUSUAL:
            self._read_unusual_fields(seen)
        if self.length == UNTIL_CLOSE:
            self.keep_alive = False
        else:
            self.is_plain = not seen & _CHANGING and self.status != 204
        if to_head or self.status < 200 or self.status in _WITHOUT_BODY:
            self.length = 0

    def _read_fields(self, lines: list[bytes]) -> int:
        """Return the bits of the fields that are there."""
        seen, values = 0, self.values
        try:
            for bit, name, value in filter(None, map(_what_field_says, lines)):
                if seen & bit:
                    value = self._repeated(bit, name, value)
                seen |= bit
                values[bit] = value
                if bit & _CUT:
                    self.cuts.append(name)
        except BadFieldError as err:
            raise BadResponseError(str(err)) from None
        has_length = seen & fields.CONTENT_LENGTH
        self.length = int(values[fields.CONTENT_LENGTH]) if has_length else UNTIL_CLOSE
        return seen

    def _repeated(self, bit: int, name: bytes, value: bytes) -> bytes:
        if bit & _ONLY_ONCE:
            raise BadResponseError(f"more than one {name.decode('ascii')} header")
        return self.values[bit] + b", " + value

    def _read_unusual_fields(self, seen: int) -> None:
        if seen & fields.TRANSFER_ENCODING:
            if self.values[fields.TRANSFER_ENCODING].lower() != b"chunked" or not self.keep_alive:
                raise BadResponseError("the only transfer coding is chunked, in HTTP/1.1")
            if seen & fields.CONTENT_LENGTH:
                raise BadResponseError("both Transfer-Encoding and Content-Length")
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
