"""HTTP/1.1 heads: reading them strictly and writing them. Pure.

Sources: RFC 9110 (tokens, hop-by-hop fields), RFC 9112 (lines, framing). What a careful parser
refuses is refused: two framings, folded lines, spaces before a colon, bare line feeds.
"""

from __future__ import annotations

from collections.abc import Iterable

from .bodies import Decoder, decoder
from .errors import HttpError

HEAD_LIMIT = 65536
HEADERS_LIMIT = 200
REASONS = {
    200: "OK", 204: "No Content", 400: "Bad Request", 405: "Method Not Allowed",
    408: "Request Timeout", 413: "Content Too Large", 417: "Expectation Failed",
    429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
}  # fmt: skip
HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NO_TOKEN = dict.fromkeys(map(ord, "!#$%&'*+-.^_`|~0123456789" + _LETTERS))
_CONTROLS = frozenset(chr(code) for code in [*range(9), *range(10, 32), 127])

Headers = list[tuple[str, str]]


class Head:
    """A first line, split at its first two spaces, and the header fields below it."""

    __slots__ = ("fields", "first", "headers", "rest")

    def __init__(self, text: str) -> None:
        """Read `text`, a head without its empty last line, in Latin-1.

        Raises:
            HttpError: It is malformed.
        """
        lines = text.split("\r\n")
        if len(lines) > HEADERS_LIMIT:
            raise HttpError(
                431, f"{len(lines)} header lines, expected no more than {HEADERS_LIMIT}"
            )
        if not _CONTROLS.isdisjoint(text.replace("\r\n", "")):
            raise HttpError(400, "a control character in the head")
        self.first, self.rest = _first_line(lines[0])
        self.headers: Headers = []
        self.fields: dict[str, str] = {}  # lower-case name to value; repeated ones joined
        for line in lines[1:]:
            self._add(line)

    def _add(self, line: str) -> None:
        name, colon, value = line.partition(":")
        if not (colon and name) or name.translate(_NO_TOKEN):
            raise HttpError(400, "a malformed header line")
        value = value.strip(" \t")
        self.headers.append((name, value))
        key = name.lower()
        self.fields[key] = f"{self.fields[key]}, {value}" if key in self.fields else value

    def tokens(self, name: str) -> list[str]:
        """Return the comma-separated words of the field `name`, in lower case."""
        value = self.fields.get(name)
        return [word.strip() for word in value.lower().split(",")] if value else []

    def forwarded(self, drop: frozenset[str] = HOP_BY_HOP) -> Headers:
        """Return the fields for the other end: without `drop` and what Connection names."""
        named = self.tokens("connection")
        return [
            (name, value)
            for name, value in self.headers
            if name.lower() not in drop and name.lower() not in named
        ]


def _first_line(line: str) -> tuple[tuple[str, str], str]:
    first, _, tail = line.partition(" ")
    second, _, rest = tail.partition(" ")
    return (first, second), rest


class Request(Head):
    """The head of a request."""

    __slots__ = ("body_length", "keep_alive", "method", "path", "query", "target", "version")

    def __init__(self, text: str) -> None:
        """Read `text`.

        Raises:
            HttpError: It is malformed, or in a version or framing that is not spoken here.
        """
        super().__init__(text)
        self.method, self.target = self.first
        self.version = self.rest
        if self.version not in ("HTTP/1.1", "HTTP/1.0"):
            malformed = not self.version.startswith("HTTP/")
            raise HttpError(400 if malformed else 505, "expected HTTP/1.1 or HTTP/1.0")
        if not self.method or self.method.translate(_NO_TOKEN):
            raise HttpError(400, "a malformed method")
        self._check_host()
        self.target = _origin_form(self.method, self.target)
        self.path, _, self.query = self.target.partition("?")
        self.body_length = self._body_length()
        self.keep_alive = self.version == "HTTP/1.1" and "close" not in self.tokens("connection")

    def _check_host(self) -> None:
        host = self.fields.get("host")
        if (host is None and self.version == "HTTP/1.1") or (host and set(host) & set(", /@")):
            raise HttpError(400, "expected one Host header")

    def _body_length(self) -> int | None:
        """Return the bytes of the body, None if it is chunked."""
        length = self.fields.get("content-length")
        coding = self.fields.get("transfer-encoding")
        if coding is None:
            return content_length(length) if length is not None else 0
        if length is not None or self.version == "HTTP/1.0":
            raise HttpError(400, "two framings of one body")
        if coding.lower() != "chunked":
            raise HttpError(501, "a Transfer-Encoding other than chunked")
        return None

    def decoder(self) -> Decoder:
        """Return what takes the framing off the body."""
        return decoder(self.body_length)

    @property
    def upgrade(self) -> bool:
        """Whether the client asks to leave HTTP (WebSocket and the like)."""
        return "upgrade" in self.fields and "upgrade" in self.tokens("connection")

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for 100 before it sends its body.

        Raises:
            HttpError: It expects something else.
        """
        expected = self.fields.get("expect")
        if expected is None or self.version == "HTTP/1.0":
            return False
        if expected.lower() != "100-continue":
            raise HttpError(417, "an expectation other than 100-continue")
        return self.body_length != 0


class Response(Head):
    """The head of a function's answer in http mode."""

    __slots__ = ("body_length", "keep_alive", "reason", "status")

    def __init__(self, text: str, method: str) -> None:
        """Read `text`, the answer to a request by `method`.

        Raises:
            HttpError: It is malformed; the status is 502.
        """
        try:
            super().__init__(text)
            version, status = self.first
            if version not in ("HTTP/1.1", "HTTP/1.0") or not _digits(status) or len(status) != 3:
                raise HttpError(502, "the function's answer has a malformed status line")
            self.status = int(status)
            self.reason = self.rest
            self.body_length = self._body_length(method)
            connection = self.tokens("connection")
            self.keep_alive = "close" not in connection and (
                version == "HTTP/1.1" or "keep-alive" in connection
            )
        except HttpError as err:
            raise HttpError(502, f"the function's answer: {err}") from None

    def _body_length(self, method: str) -> int | None:
        """Return the bytes of the body; -1 if it lasts until the close, None if it is chunked."""
        length = self.fields.get("content-length")
        coding = self.fields.get("transfer-encoding")
        if length is not None and coding is not None:
            raise HttpError(502, "two framings of one body")
        if method == "HEAD" or self.status < 200 or self.status in (204, 304):
            return 0
        if coding is None:
            return content_length(length) if length is not None else -1
        if coding.lower() != "chunked":
            raise HttpError(502, "a Transfer-Encoding other than chunked")
        return None


def content_length(text: str) -> int:
    """Return the number that a Content-Length says.

    Raises:
        HttpError: It is not one plain number.
    """
    if not _digits(text) or len(text) > 18:
        raise HttpError(400, "a malformed Content-Length")
    return int(text)


def head_bytes(first: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the head with this first line and these fields, ready to send."""
    lines = [first, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _origin_form(method: str, target: str) -> str:
    if target.startswith("/") or (target == "*" and method == "OPTIONS"):
        return target
    scheme, _, rest = target.partition("://")
    if scheme.lower() not in ("http", "https") or not rest:
        raise HttpError(400, "a malformed request target")
    _, slash, path = rest.partition("/")
    return slash + path if slash else "/"
