"""What the heads of requests and answers share: reading fields strictly, and writing heads. Pure.

Sources: RFC 9110 (tokens, hop-by-hop fields), RFC 9112 (lines, framing). What a careful parser
refuses is refused: two framings, folded lines, spaces before a colon, bare line feeds.
"""

from __future__ import annotations

from collections.abc import Iterable

from .errors import HttpError

HEAD_LIMIT = 65536
HEADERS_LIMIT = 200
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
NO_TOKEN = dict.fromkeys(map(ord, "!#$%&'*+-.^_`|~0123456789" + _LETTERS))
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
        if not (colon and name) or name.translate(NO_TOKEN):
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


def content_length(text: str) -> int:
    """Return the number that a Content-Length says.

    Raises:
        HttpError: It is not one plain number.
    """
    if not digits(text) or len(text) > 18:
        raise HttpError(400, "a malformed Content-Length")
    return int(text)


def head_bytes(first: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the head with this first line and these fields, ready to send."""
    lines = [first, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def digits(text: str) -> bool:
    """Tell whether `text` is a plain number."""
    return text.isascii() and text.isdigit()
