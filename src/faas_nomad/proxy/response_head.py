"""Reads response heads strictly: a function is as little trusted as a caller. Pure.

The way is that of `request_head`. One reader serves one connection to a replica; its attributes
hold the response read last. Sources: RFC 9112 (4 status line, 6.3 message body length).
"""

import re
from typing import NamedTuple

from faas_nomad.proxy import fields
from faas_nomad.proxy.bodies import CHUNKED, UNTIL_CLOSE
from faas_nomad.proxy.errors import BadResponseError
from faas_nomad.proxy.field_lines import BadFieldError, FieldLines
from faas_nomad.proxy.memo import MAX_HEAD_BYTES, Memo

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])( [\t\x20-\x7e\x80-\xff]*)?")
_CUT = fields.CONNECTION | fields.UPGRADE | fields.HOP_BY_HOP
_CHANGING = _CUT | fields.CALL_ID | fields.START_TIME | fields.DURATION
_NONE: frozenset[bytes] = frozenset()
_LENGTH = fields.CONTENT_LENGTH
_ONLY_ONCE = fields.CONTENT_LENGTH | fields.TRANSFER_ENCODING
_UNUSUAL = fields.CONNECTION | fields.TRANSFER_ENCODING


class StatusLine(NamedTuple):
    """What a status line says."""

    status: int
    passed_on: bytes
    """The line for the caller, in HTTP/1.1, without its CRLF."""
    is_http11: bool
    may_have_body: bool


class StatusLineMemo(Memo[StatusLine]):
    """Reads status lines."""

    __slots__ = ()

    def __missing__(self, line: bytes) -> StatusLine:
        """Read `line`, which is without its CRLF.

        Raises:
            BadResponseError: It is malformed, or of another protocol.
        """
        found = _STATUS_LINE.fullmatch(line)
        if found is None:
            raise BadResponseError("malformed status line")
        status = int(found[2])
        passed_on = b"HTTP/1.1 %b%b" % (found[2], found[3] or b" ")
        may_have_body = status >= 200 and status not in (204, 304)
        meaning = StatusLine(status, passed_on, found[1] == b"1", may_have_body)
        self.remember(line, meaning)
        return meaning


_what_line_says = StatusLineMemo().__getitem__
_field_lines = FieldLines(fields.RESPONSE_BITS)
_read_fields = _field_lines.read


class ResponseReader:
    """Reads one head after another; after `read` the attributes tell what the response is."""

    __slots__ = (
        "_last",
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
    """The lines that are not passed on."""
    named: frozenset[bytes]
    """Further names that Connection takes away."""

    def __init__(self) -> None:
        self._last: bytes | None = None
        """The last head, if it was plain and all of its lines are remembered."""
        self.values = {}
        self.is_plain = False

    def read(self, data: bytes, end: int, to_head: bool, max_fields: int) -> None:  # noqa: C901  a call costs as much as five lines
        """Read the head `data[:end]`, whose only empty line is its last.

        `to_head`: it answers a HEAD request.

        Raises:
            BadResponseError: It is refused; nothing of it may be passed on.
        """
        head = data[: end - 4]
        if head == self._last and not to_head:
            return  # all attributes hold what it says
        self._last = None
        lines = head.split(b"\r\n", max_fields + 1)
        start = lines.pop(0)
        if len(lines) > max_fields:
            raise BadResponseError(f"more than {max_fields} header lines")
        if not self.is_plain:
            self.cuts, self.named = [], _NONE
        self.is_plain = False
        self.fields_start = len(start)
        self.status, self.status_line, self.keep_alive, may_have_body = _what_line_says(start)
        seen, repeated, values = 0, 0, self.values
        try:
            for bit, value, line in _read_fields(lines):
                repeated |= seen & bit
                seen |= bit
                values[bit] = value
                if bit & _CUT:
                    self.cuts.append(line)
        except BadFieldError as err:
            raise BadResponseError(str(err)) from None
        if repeated:
            self._join(repeated, lines)
        self.seen = seen
        self.length = int(values[_LENGTH]) if seen & _LENGTH else UNTIL_CLOSE
        if seen & _UNUSUAL:
            self._read_unusual_fields(seen)
        if to_head or not may_have_body:
            self.length = 0  # whatever the fields say, and if they say nothing
            self.is_plain = not seen & _CHANGING and self.status != 204
        elif self.length == UNTIL_CLOSE:
            self.keep_alive = False
        else:
            self.is_plain = not seen & _CHANGING
            if self.is_plain and end <= MAX_HEAD_BYTES and not _field_lines.met_other:
                self._last = head

    def _join(self, repeated: int, lines: list[bytes]) -> None:
        if repeated & _ONLY_ONCE:
            names = (name.decode() for name, bit in fields.RESPONSE_BITS.items() if bit & repeated)
            raise BadResponseError(f"more than one {next(names)} header")
        self.values.update(_field_lines.joined(repeated, lines))

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
