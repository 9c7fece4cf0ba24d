"""The function's answer in http mode, by its head: status, framing, keeping. Pure."""

from __future__ import annotations

from .errors import HttpError
from .head import Head, content_length, digits


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
            if version not in ("HTTP/1.1", "HTTP/1.0") or not digits(status) or len(status) != 3:
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
