"""A forked process's output as an answer: sent as it comes, or held until its end."""

from __future__ import annotations

from .bodies import LAST_CHUNK, Decoder, chunk
from .call import BUFFER_LIMIT, Call
from .errors import HttpError
from .head import head_bytes
from .replies import date


class StreamedOutput(Decoder):
    """A process's output as an answer's bytes: the head with the first of them."""

    def __init__(self, call: Call, content_type: str) -> None:
        super().__init__()
        self._call = call
        self._content_type = content_type
        self.chunked = call.request.version == "HTTP/1.1"
        self.body = call.request.method != "HEAD"

    def feed(self, data: bytes) -> bytes:
        """Return the bytes to send for `data`."""
        head = b"" if self._call.status else self.head(200, None)
        self._call.size += len(data)
        if not self.body:
            return head
        return head + (chunk(data) if self.chunked else data)

    def head(self, status: int, length: int | None) -> bytes:
        """Return the head of the answer; without a `length` its end is not yet known."""
        call = self._call
        call.status = status
        fields = [("Content-Type", self._content_type), ("Date", date()), call.duration_header()]
        if length is not None:
            fields.append(("Content-Length", str(length)))
        elif self.chunked:
            fields.append(("Transfer-Encoding", "chunked"))
        if call.closing():
            fields.append(("Connection", "close"))
        return head_bytes(f"HTTP/1.1 {status} OK", fields)

    def last(self) -> bytes:
        """Return what ends the answer of a process that ended well."""
        if not self._call.status:
            return self.head(200, 0)
        return LAST_CHUNK if self.chunked and self.body else b""


class HeldOutput(StreamedOutput):
    """A process's output held back until its end."""

    def __init__(self, call: Call, content_type: str) -> None:
        super().__init__(call, content_type)
        self._held = bytearray()

    def feed(self, data: bytes) -> bytes:
        """Keep `data`."""
        self._held += data
        if len(self._held) > BUFFER_LIMIT:
            raise HttpError(500, f"the function's answer is over {BUFFER_LIMIT} bytes")
        return b""

    def last(self) -> bytes:
        """Return the whole answer."""
        self._call.size = len(self._held)
        head = self.head(200, len(self._held))
        return head + self._held if self.body else head
