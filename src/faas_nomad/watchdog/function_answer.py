"""The http mode's answers: the function's, checked and framed anew for the client."""

from __future__ import annotations

from .bodies import LAST_CHUNK, Decoder, chunk, decoder
from .call import Call
from .errors import HttpError, TruncatedError
from .head import HEAD_LIMIT, head_bytes
from .response import Response


class Answer(Decoder):
    """The function's answer on its way to the client: its head rewritten, its body framed anew."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call
        self._held = b""
        self._body: Decoder | None = None
        self._chunked = False
        self.head: Response | None = None

    def feed(self, data: bytes) -> bytes:
        """Return the bytes to send for `data`.

        Raises:
            HttpError: The answer is malformed; the status is 502.
        """
        if self._body:
            return self._recode(data)
        self._held += data
        head = b""
        while not self._body and not self.done:
            text, end, rest = self._held.partition(b"\r\n\r\n")
            if len(text) > HEAD_LIMIT:
                raise HttpError(502, f"the function's answer has a head over {HEAD_LIMIT} bytes")
            if not end:
                return b""
            self._held = rest
            head = self._begin(Response(text.decode("latin-1"), self._call.request.method))
        if self.done:  # another protocol begins behind this head
            self.rest = self._held
            return head
        return head + self._recode(self._held)

    def eof(self) -> None:
        """Take note of the connection's end.

        Raises:
            TruncatedError: The answer is not whole.
        """
        if not self._body:
            raise TruncatedError("the function closed the connection without an answer")
        self._body.eof()
        self.done = True

    def last(self) -> bytes:
        """Return what ends an answer that the connection's end has ended."""
        ended_by_close = self.head is not None and self.head.body_length == -1
        return LAST_CHUNK if ended_by_close and self._chunked else b""

    def behind(self) -> bytes:
        """Return what the function sent behind its answer, where nothing belongs."""
        return self._body.rest if self._body else b""

    def _begin(self, head: Response) -> bytes:
        """Take up a head; nothing is sent for an interim one."""
        if head.status == 101 and self._call.request.upgrade:
            self.done = True
        elif head.status == 101:
            raise HttpError(502, "the function switches protocols without being asked to")
        elif head.status < 200:
            return b""
        else:
            self._body = decoder(head.body_length)
        self.head = head
        self._call.status = head.status
        return self._head_bytes(head)

    def _head_bytes(self, head: Response) -> bytes:
        call = self._call
        fields = head.forwarded()
        if head.status == 204:
            fields = [field for field in fields if field[0].lower() != "content-length"]
        fields.append(call.duration_header())
        if head.body_length in (None, -1):
            self._chunked = call.request.version == "HTTP/1.1"
            if self._chunked:
                fields.append(("Transfer-Encoding", "chunked"))
        if head.status == 101:
            fields += [("Connection", "Upgrade"), ("Upgrade", head.fields.get("upgrade", ""))]
        elif call.closing():
            fields.append(("Connection", "close"))
        return head_bytes(f"HTTP/1.1 {head.status} {head.reason}", fields)

    def _recode(self, data: bytes) -> bytes:
        assert self._body is not None
        try:
            payload = self._body.feed(data)
        except HttpError as err:
            raise HttpError(502, f"the function's answer: {err}") from None
        self._call.size += len(payload)
        self.done = self._body.done
        if not self._chunked:
            return payload
        return chunk(payload) + LAST_CHUNK if self.done else chunk(payload)
