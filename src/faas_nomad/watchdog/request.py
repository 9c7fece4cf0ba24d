"""A client's request, by its head: target, framing, what it asks of the connection. Pure."""

from __future__ import annotations

from .bodies import Decoder, decoder
from .errors import HttpError
from .head import NO_TOKEN, Head, content_length


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
        if not self.method or self.method.translate(NO_TOKEN):
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


def _origin_form(method: str, target: str) -> str:
    if target.startswith("/") or (target == "*" and method == "OPTIONS"):
        return target
    scheme, _, rest = target.partition("://")
    if scheme.lower() not in ("http", "https") or not rest:
        raise HttpError(400, "a malformed request target")
    _, slash, path = rest.partition("/")
    return slash + path if slash else "/"
