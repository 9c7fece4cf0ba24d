"""Reads request heads strictly. Pure: bytes in, facts out.

A head is split into lines and each is looked up in a memo, which reads it if it is new; see
`request_line` and `field_lines` for what a line may be. Here is decided what the lines mean
together. A plain head that comes again on its connection, as from who calls one function over and
over, is known as a whole. One reader serves one connection: its attributes hold the request that
was read last.

Sources: RFC 9112 (3 request line, 5 fields, 6 framing).
"""

from faas_nomad.proxy import fields
from faas_nomad.proxy.bodies import CHUNKED
from faas_nomad.proxy.errors import BadRequestError
from faas_nomad.proxy.field_lines import BadFieldError, FieldLines
from faas_nomad.proxy.memo import MAX_HEAD_BYTES
from faas_nomad.proxy.request_line import RequestLineMemo

HEAD_END = b"\r\n\r\n"

_request_lines = RequestLineMemo()
_what_line_says = _request_lines.__getitem__
_field_lines = FieldLines(fields.REQUEST_BITS)
_read_fields = _field_lines.read
_HOST = fields.HOST
_LENGTH = fields.CONTENT_LENGTH
_NONE: frozenset[bytes] = frozenset()
_ONLY_ONCE = fields.HOST | fields.CONTENT_LENGTH | fields.TRANSFER_ENCODING
_DROPPED = (
    fields.CONNECTION
    | fields.UPGRADE
    | fields.EXPECT
    | fields.FORWARDED_FOR
    | fields.HOP_BY_HOP
    | fields.ADDRESS
)
_CHANGING = _DROPPED | fields.HOST
_UNUSUAL = fields.CONNECTION | fields.EXPECT | fields.TRANSFER_ENCODING


class RequestReader:
    """Reads one head after another; after `read` the attributes tell what the request is."""

    __slots__ = (
        "_last",
        "continues",
        "cuts",
        "fields_start",
        "function",
        "is_http11",
        "is_plain",
        "is_usual",
        "keep_alive",
        "length",
        "method",
        "named",
        "passed_on",
        "seen",
        "target",
        "upgrade",
        "values",
    )

    method: bytes
    target: bytes
    """In origin form: `/path?query`."""
    function: bytes | None
    """The segment after `/function/`; None for a call to the control plane."""
    passed_on: bytes
    """The request line for the function or the control plane."""
    is_http11: bool
    is_plain: bool
    """All lines can go on as they are."""
    is_usual: bool
    """It came in HTTP/1.1 and its connection can be kept."""
    keep_alive: bool
    length: int
    """Of the body in bytes, or CHUNKED."""
    upgrade: bool
    """The caller offers to change the protocol."""
    continues: bool
    """The caller waits for 100 before it sends the body."""
    fields_start: int
    """Where the CRLF that ends the request line is."""
    seen: int
    """The bits of the fields that were there; see `fields`. HOST only when its line is valid."""
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

    def read(self, data: bytes, end: int, max_fields: int) -> None:  # noqa: C901  a call costs as much as five lines
        """Read the head `data[:end]`, whose only empty line is its last.

        Raises:
            BadRequestError: The head is refused; nothing of it may be passed on.
        """
        head = data[: end - 4]
        if head == self._last:
            return  # all attributes hold what it says
        self._last = None
        lines = head.split(b"\r\n", max_fields + 1)
        start = lines.pop(0)
        if len(lines) > max_fields:
            raise BadRequestError(431, f"more than {max_fields} header lines", "fields")
        if not self.is_plain:
            self._forget()
        self.is_plain = False
        self.fields_start = len(start)
        self.method, self.target, is_http11, authority, self.function, self.passed_on = (
            _what_line_says(start)
        )
        self.is_http11 = self.keep_alive = is_http11
        seen, repeated, values = 0, 0, self.values
        try:
            for bit, value, line in _read_fields(lines):
                repeated |= seen & bit
                seen |= bit
                values[bit] = value
                if bit & _DROPPED:
                    self.cuts.append(line)
        except BadFieldError as err:
            raise BadRequestError(400, str(err)) from None
        if repeated:
            self._join(repeated, lines)
        self.length = int(values[_LENGTH]) if seen & _LENGTH else 0
        if seen & _UNUSUAL or not seen & _HOST:
            self._read_unusual_fields(seen)
        if authority:
            values[_HOST] = authority
            self.named |= {b"host"}
            seen &= ~_HOST
        self.seen = seen
        self.is_plain = seen & _CHANGING == _HOST
        self.is_usual = is_http11 and self.keep_alive
        if self.is_plain and end <= MAX_HEAD_BYTES and not _field_lines.met_other:
            self._last = head if start in _request_lines else None

    def _join(self, repeated: int, lines: list[bytes]) -> None:
        if repeated & _ONLY_ONCE:
            names = (name.decode() for name, bit in fields.REQUEST_BITS.items() if bit & repeated)
            raise BadRequestError(400, f"more than one {next(names)} header")
        self.values.update(_field_lines.joined(repeated, lines))

    def _forget(self) -> None:
        self.upgrade = self.continues = False
        self.cuts = []
        self.named = _NONE

    def _read_unusual_fields(self, seen: int) -> None:
        if not seen & fields.HOST:
            if self.is_http11:
                raise BadRequestError(400, "the Host header is missing")
            self.values[fields.HOST] = b""
        if seen & fields.TRANSFER_ENCODING:
            self._read_transfer_encoding(seen)
        if seen & fields.CONNECTION:
            self._read_connection(seen)
        if seen & fields.EXPECT:
            if self.values[fields.EXPECT].lower() != b"100-continue":
                raise BadRequestError(417, "the only expectation is 100-continue")
            self.continues = self.is_http11 and self.length != 0

    def _read_transfer_encoding(self, seen: int) -> None:
        if self.values[fields.TRANSFER_ENCODING].lower() != b"chunked" or not self.is_http11:
            raise BadRequestError(400, "the only transfer coding is chunked, in HTTP/1.1")
        if seen & fields.CONTENT_LENGTH:
            raise BadRequestError(400, "both Transfer-Encoding and Content-Length")
        self.length = CHUNKED

    def _read_connection(self, seen: int) -> None:
        named = fields.named_fields(self.values[fields.CONNECTION])
        if b"close" in fields.tokens(self.values[fields.CONNECTION]):
            self.keep_alive = False
        elif not self.is_http11:
            self.keep_alive = b"keep-alive" in named
        # An upgrade with a body would have two meanings of the bytes that follow the head.
        offered = b"upgrade" in named and bool(seen & fields.UPGRADE)
        self.upgrade = offered and self.is_http11 and self.length == 0
        self.named = named - {b"keep-alive", b"upgrade"} - fields.REQUEST_BITS.keys()
