"""Message bodies: taking the framing off what arrives and putting it on what leaves. Pure.

A decoder takes raw bytes by `feed` and gives the payload in them; once `done`, `rest` holds the
raw bytes behind the body. Source: RFC 9112 section 7.1.
"""

from __future__ import annotations

from .errors import HttpError, TruncatedError

LAST_CHUNK = b"0\r\n\r\n"
CHUNK_LINE_LIMIT = 1024
TRAILER_LIMIT = 8192
HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")


class Decoder:
    """A body that lasts until the close; the base of the others."""

    def __init__(self) -> None:
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return the payload in `data`."""
        return data

    def eof(self) -> None:
        """Take note that no more bytes come.

        Raises:
            TruncatedError: The body says that it is longer.
        """
        self.done = True


class LengthBody(Decoder):
    """A body of a known number of bytes."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._left = length
        self.done = length == 0

    def feed(self, data: bytes) -> bytes:
        """Return the payload in `data`."""
        payload = data[: self._left]
        self.rest = data[self._left :]
        self._left -= len(payload)
        self.done = self._left == 0
        return payload

    def eof(self) -> None:
        """Refuse to end early."""
        if not self.done:
            raise TruncatedError(f"{self._left} bytes of the body are missing")


class ChunkedBody(Decoder):
    """A chunked body; extensions and trailers are checked for size and dropped."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()
        self._left = 0  # payload bytes of the current chunk
        self._next = self._read_size
        self._trailer_size = 0

    def feed(self, data: bytes) -> bytes:
        """Return the payload in `data`.

        Raises:
            HttpError: The framing is malformed.
        """
        self._held += data
        payload = bytearray()
        while not self.done and self._next(payload):
            pass
        if self.done:
            self.rest = bytes(self._held)
        return bytes(payload)

    def eof(self) -> None:
        """Refuse to end early."""
        if not self.done:
            raise TruncatedError("the last chunk is missing")

    def _line(self) -> bytes | None:
        """Take a line; None if it is not here yet."""
        end = self._held.find(b"\n", 0, CHUNK_LINE_LIMIT)
        if end < 0:
            if len(self._held) >= CHUNK_LINE_LIMIT:
                raise HttpError(400, "an endless chunk line")
            return None
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        if not line.endswith(b"\r") or b"\r" in line[:-1]:
            raise HttpError(400, "a chunk line that does not end in CRLF")
        return line[:-1]

    def _read_size(self, payload: bytearray) -> bool:
        line = self._line()
        if line is None:
            return False
        digits = line.partition(b";")[0].rstrip(b" \t")
        if not digits or len(digits) > 15 or not HEX_DIGITS.issuperset(digits):
            raise HttpError(400, "a malformed chunk size")
        self._left = int(digits, 16)
        self._next = self._read_payload if self._left else self._read_trailer
        return True

    def _read_payload(self, payload: bytearray) -> bool:
        if not self._held:
            return False
        piece = self._held[: self._left]
        payload += piece
        del self._held[: len(piece)]
        self._left -= len(piece)
        if self._left == 0:
            self._next = self._read_end
        return True

    def _read_end(self, payload: bytearray) -> bool:
        line = self._line()
        if line:
            raise HttpError(400, "a chunk longer than its size")
        if line is not None:
            self._next = self._read_size
        return line is not None

    def _read_trailer(self, payload: bytearray) -> bool:
        line = self._line()
        if line is None:
            return False
        self._trailer_size += len(line)
        if self._trailer_size > TRAILER_LIMIT:
            raise HttpError(400, "endless trailers")
        self.done = not line
        return True


def decoder(length: int | None) -> Decoder:
    """Return the decoder of a body of `length` bytes; None is chunked, -1 until the close."""
    if length is None:
        return ChunkedBody()
    return LengthBody(length) if length >= 0 else Decoder()


def chunk(payload: bytes) -> bytes:
    """Return `payload` as one chunk; nothing for nothing, as an empty chunk would be the last."""
    return b"%x\r\n%b\r\n" % (len(payload), payload) if payload else b""


class Rechunked(Decoder):
    """A chunked body on its way: checked, and framed anew."""

    def __init__(self, inner: Decoder) -> None:
        super().__init__()
        self._inner = inner

    def feed(self, data: bytes) -> bytes:
        """Return the chunks to send for `data`."""
        framed = chunk(self._inner.feed(data))
        if self._inner.done:
            self.done, self.rest = True, self._inner.rest
            framed += LAST_CHUNK
        return framed
