"""Reads request heads strictly. Pure: bytes in, facts out.

llhttp (by httptools) decides whether a head is well formed; what it is lenient about is refused
here. One reader serves one connection: its attributes hold the request that was read last.

Sources: RFC 9112 (3 request line, 5 fields, 6 framing); llhttp `llhttp.ts` for what it accepts.
"""

import re

from httptools import (
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
    HttpRequestParser,
)

from faas_nomad.proxy import fields
from faas_nomad.proxy.bodies import CHUNKED
from faas_nomad.proxy.errors import BadRequestError

HEAD_END = b"\r\n\r\n"
METHODS = frozenset({b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"HEAD"})

_MIN_LINE_BYTES = 4  # `a:` and CRLF
_REST_OF_LINE = len("  HTTP/1.1")
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]\r\n")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ ")
_ABSOLUTE = re.compile(rb"https?://([^/?#@]+)([/?][^#]*)?", re.IGNORECASE)

_STOPS = (HttpParserError, HttpParserUpgrade)
_NONE: frozenset[bytes] = frozenset()
_bit_of = fields.REQUEST_BITS.get
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
_ENDS_PARSER = fields.CONTENT_LENGTH | fields.TRANSFER_ENCODING | fields.CONNECTION
_UNUSUAL = fields.CONNECTION | fields.EXPECT | fields.TRANSFER_ENCODING


class RequestReader:
    """Reads one head after another; after `read` the attributes tell what the request is."""

    __slots__ = (
        "_parser",
        "continues",
        "cuts",
        "fields_start",
        "is_http11",
        "is_plain",
        "keep_alive",
        "length",
        "method",
        "named",
        "seen",
        "target",
        "upgrade",
        "values",
    )

    method: bytes
    target: bytes
    """As it came, in origin form: `/path?query`."""
    is_http11: bool
    is_plain: bool
    """All lines can go on as they are."""
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
    """Names, as spelled, of the lines that are not passed on."""
    named: frozenset[bytes]
    """Further names that Connection takes away."""

    def __init__(self) -> None:
        self._parser: HttpRequestParser | None = None
        self.values = {}
        self.is_plain = False

    def read(self, head: bytes, max_fields: int) -> None:
        """Read `head`, which ends with its empty line.

        Raises:
            BadRequestError: The head is refused; nothing of it may be passed on.
        """
        if len(head) > max_fields * _MIN_LINE_BYTES and head.count(b"\n") > max_fields + 2:
            raise BadRequestError(431, f"more than {max_fields} header lines", "fields")
        if not self.is_plain:
            self._forget()
        self.is_plain = False
        self.seen = 0
        parser = self._parser or HttpRequestParser(self)
        self._parser = None
        try:
            parser.feed_data(head)
        except _STOPS as err:
            _refuse_unless_upgrade(head, err)
        seen = self.seen
        if not seen & _ENDS_PARSER:
            self._parser = parser  # it expects no body, and so the next head
        self.length = int(self.values[fields.CONTENT_LENGTH]) if seen & fields.CONTENT_LENGTH else 0
        self._read_request_line(head)
        if seen & _UNUSUAL or not seen & fields.HOST:
            self._read_unusual_fields(seen)
        if self.target[:1] != b"/" or b"#" in self.target:
            self._read_absolute_target()
        else:
            self.is_plain = seen & _CHANGING == fields.HOST

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one field from the parser."""
        bit = _bit_of(name.lower())
        if bit is None:
            return
        if self.seen & bit:
            if bit & _ONLY_ONCE:
                raise BadRequestError(400, f"more than one {name.decode('ascii')} header")
            value = self.values[bit] + b", " + value
        self.seen |= bit
        self.values[bit] = value
        if bit & _DROPPED:
            self.cuts.append(name)

    def _forget(self) -> None:
        self.upgrade = self.continues = False
        self.cuts = []
        self.named = _NONE

    def _read_request_line(self, head: bytes) -> None:
        try:
            self.method, self.target, rest = head.split(b" ", 2)
        except ValueError:
            raise _no_request_line() from None
        self.fields_start = len(self.method) + len(self.target) + _REST_OF_LINE
        self.is_http11 = self.keep_alive = rest.startswith(b"HTTP/1.1\r\n")
        if not self.is_http11 and not rest.startswith(b"HTTP/1.0\r\n"):
            raise _other_version(rest)
        if self.method not in METHODS:
            raise _unknown_method(head)

    def _read_absolute_target(self) -> None:
        """Bring the target to origin form; its authority overrides Host (RFC 9112 3.2.2)."""
        found = _ABSOLUTE.fullmatch(self.target)
        if found is None:
            raise BadRequestError(400, "the request target is neither a path nor an http URL")
        path = found[2] or b"/"
        self.target = path if path[:1] == b"/" else b"/" + path
        self.values[fields.HOST] = found[1]
        self.named |= {b"host"}
        self.seen &= ~fields.HOST

    def _read_unusual_fields(self, seen: int) -> None:
        if not seen & fields.HOST:
            if self.is_http11:
                raise BadRequestError(400, "the Host header is missing")
            self.values[fields.HOST] = b""
        if seen & fields.TRANSFER_ENCODING:
            if self.values[fields.TRANSFER_ENCODING].lower() != b"chunked" or not self.is_http11:
                raise BadRequestError(400, "the only transfer coding is chunked, in HTTP/1.1")
            self.length = CHUNKED
        if seen & fields.CONNECTION:
            self._read_connection(seen)
        if seen & fields.EXPECT:
            if self.values[fields.EXPECT].lower() != b"100-continue":
                raise BadRequestError(417, "the only expectation is 100-continue")
            self.continues = self.is_http11 and self.length != 0

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


def _refuse_unless_upgrade(head: bytes, err: Exception) -> None:
    if isinstance(err, HttpParserUpgrade):
        return  # the parser has stopped behind the head, which is all there was
    if isinstance(err.__context__, BadRequestError):
        raise err.__context__
    if isinstance(err, HttpParserInvalidMethodError):
        raise _unknown_method(head)
    raise BadRequestError(400, f"malformed request: {err}")


def _unknown_method(head: bytes) -> BadRequestError:
    if _TOKEN.match(head):
        return BadRequestError(405, "this method is not allowed")
    return BadRequestError(400, "the request does not begin with a method")


def _no_request_line() -> BadRequestError:
    return BadRequestError(400, "the request line is not METHOD TARGET VERSION")


def _other_version(rest: bytes) -> BadRequestError:
    if _VERSION.match(rest):
        return BadRequestError(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    return _no_request_line()
