"""Where a body ends, by counting its raw bytes as they pass. Pure.

Nothing is copied: `take` says how many of the bytes belong to the body, and the very bytes that
were read are written on. A chunked body is followed strictly (RFC 9112 7.1), so that no two
readers can see two messages in it.
"""

import re
from typing import Protocol

CHUNKED = -1
UNTIL_CLOSE = -2
"""As the length of a body: it says itself where it ends, or ends with its connection."""

_SIZE_LINE = re.compile(rb"([0-9a-fA-F]{1,15})(?:;[\t\x20-\x7e\x80-\xff]{0,1000})?\r\n")
_TRAILER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t\x20-\x7e\x80-\xff]*\r\n", re.ASCII)
_MAX_SIZE_LINE_BYTES = 1_024
_FORBIDDEN_TRAILERS = frozenset(
    {b"content-length", b"transfer-encoding", b"host", b"connection", b"trailer", b"upgrade"}
)


class BadBodyError(Exception):
    """The body does not follow its framing; the message cannot be passed on any further."""

    def __init__(self, reason: str, limit: str = "") -> None:
        super().__init__(reason)
        self.limit = limit
        """The name of the limit that was hit, for its counter."""


class Body(Protocol):
    """A body that is being passed on."""

    done: bool
    """Nothing of it is missing."""

    def take(self, data: bytes) -> int:
        """Return how many of the first bytes of `data` belong to the body.

        Raises:
            BadBodyError: None of `data` may be passed on.
        """
        ...

    def payload(self, data: bytes) -> tuple[int, bytes]:
        """Like `take`; return also what those bytes carry, without framing."""
        ...


class CountedBody:
    """A body of `left` bytes."""

    __slots__ = ("done", "left")

    def __init__(self, left: int) -> None:
        self.left = left
        self.done = left == 0

    def take(self, data: bytes) -> int:
        """Return how many of the first bytes of `data` belong to the body."""
        size = len(data)
        if size < self.left:
            self.left -= size
            return size
        taken, self.left, self.done = self.left, 0, True
        return taken

    def payload(self, data: bytes) -> tuple[int, bytes]:
        """Return how many bytes of `data` belong to the body, and them."""
        taken = self.take(data)
        return taken, data[:taken]


class BodyUntilClose:
    """A body that ends with its connection; whoever sees that sets `done`."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = False

    def take(self, data: bytes) -> int:
        """Return the length of `data`."""
        return len(data)

    def payload(self, data: bytes) -> tuple[int, bytes]:
        """Return the length of `data`, and it."""
        return len(data), data


class ChunkedBody:
    """A chunked body: size lines, data, then a trailer section of bounded length."""

    __slots__ = ("_chunk_left", "_in_trailer", "_partial", "_trailer_left", "done")

    def __init__(self, max_trailer_bytes: int) -> None:
        self.done = False
        self._chunk_left = 0
        """Bytes missing from the present chunk, its final CRLF included."""
        self._partial = b""
        """The beginning of a line whose end has not come."""
        self._in_trailer = False
        self._trailer_left = max_trailer_bytes

    def take(self, data: bytes) -> int:
        """Return how many of the first bytes of `data` belong to the body."""
        return self._scan(data, None)

    def payload(self, data: bytes) -> tuple[int, bytes]:
        """Return how many of the first bytes of `data` belong to the body, and what they carry."""
        carried: list[bytes] = []
        taken = self._scan(data, carried)
        return taken, b"".join(carried)

    def _scan(self, data: bytes, carried: list[bytes] | None) -> int:
        at, size = 0, len(data)
        while at < size and not self.done:
            if self._chunk_left:
                at = self._pass_chunk(data, at, carried)
            elif self._in_trailer:
                at = self._pass_trailer_line(data, at)
            else:
                at = self._pass_size_line(data, at)
        return at

    def _pass_chunk(self, data: bytes, at: int, carried: list[bytes] | None) -> int:
        """Pass chunk bytes and check the CRLF behind them, which may come in two parts."""
        left = self._chunk_left
        end = min(at + left, len(data))
        content_end = min(at + max(left - 2, 0), end)
        if carried is not None and content_end > at:
            carried.append(data[at:content_end])
        self._chunk_left = left - (end - at)
        if content_end < end:
            first = max(2 - left, 0)
            if data[content_end:end] != b"\r\n"[first : first + end - content_end]:
                raise BadBodyError("a chunk is longer than its size")
        return end

    def _pass_size_line(self, data: bytes, at: int) -> int:
        found = None if self._partial else _SIZE_LINE.match(data, at)
        if found is not None:
            at = found.end()
        else:
            line, at = self._line(data, at, _MAX_SIZE_LINE_BYTES)
            if not line:
                return at
            found = _SIZE_LINE.fullmatch(line)
            if found is None:
                raise BadBodyError("malformed chunk size")
        chunk_bytes = int(found[1], 16)
        if chunk_bytes:
            self._chunk_left = chunk_bytes + 2
        else:
            self._in_trailer = True
        return at

    def _pass_trailer_line(self, data: bytes, at: int) -> int:
        line, at = self._line(data, at, self._trailer_left)
        self._trailer_left -= len(line)
        if line == b"\r\n":
            self.done = True
        elif line:
            found = _TRAILER_LINE.fullmatch(line)
            if found is None or found[1].lower() in _FORBIDDEN_TRAILERS:
                raise BadBodyError("malformed trailer")
        return at

    def _line(self, data: bytes, at: int, max_bytes: int) -> tuple[bytes, int]:
        """Return a whole line and where it ends; or nothing yet, and keep what there is."""
        end = data.find(b"\n", at) + 1
        line = self._partial + (data[at:end] if end else data[at:])
        if len(line) > max_bytes:
            limit = "trailer" if self._in_trailer else ""
            raise BadBodyError(f"the chunked framing goes on after {max_bytes} bytes", limit)
        self._partial = b"" if end else line
        return (line, end) if end else (b"", len(data))


def body_of(length: int, max_trailer_bytes: int) -> Body:
    """Return a body of `length` bytes, or CHUNKED, or UNTIL_CLOSE, of which nothing has come."""
    if length == CHUNKED:
        return ChunkedBody(max_trailer_bytes)
    return BodyUntilClose() if length == UNTIL_CLOSE else CountedBody(length)


def chunk(data: bytes) -> bytes:
    """Return `data`, which is not empty, as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
