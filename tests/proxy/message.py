"""Requests and responses as they are on the wire: those read, and those to send."""

from dataclasses import dataclass

CHUNKED = b"Transfer-Encoding: chunked"


@dataclass(frozen=True)
class Message:
    """A request or response as it was on the wire."""

    start_line: str
    fields: list[tuple[str, str]]
    body: bytes = b""

    @property
    def status(self) -> int:
        """The status of a response."""
        return int(self.start_line.split(" ")[1])

    def values(self, name: str) -> list[str]:
        """Return all values of a field, whatever its spelling."""
        return [value for field_name, value in self.fields if field_name.lower() == name.lower()]

    def value(self, name: str) -> str | None:
        """Return a field's only value, if it is there."""
        found = self.values(name)
        assert len(found) <= 1, f"{name} is there {len(found)} times"
        return found[0] if found else None


def response(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    """Return a response with Content-Length."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


def request(
    target: str = "/function/f", *lines: str, method: str = "GET", body: bytes | None = None
) -> bytes:
    """Return a request, with Content-Length when it has a body."""
    head = [f"{method} {target} HTTP/1.1", "Host: example.test", *lines]
    if body is not None:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + (body or b"")


def chunked(body: bytes, size: int) -> bytes:
    """Return `body` in chunks of `size` bytes."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"


SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
OFFER = request("/function/f", "Connection: keep-alive, Upgrade", "Upgrade: echo")
