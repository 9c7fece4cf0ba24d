"""Header fields that the proxy must understand, and taking lines out of a raw head. Pure.

A head goes through as the bytes it came in; only the lines named here are looked at. Each has a
bit, so that a head is judged by one integer. Sources: RFC 9110 7.6.1 (Connection and hop-by-hop),
RFC 9112 6 and 7 (framing); Go's `net/http/httputil` for the list of hop-by-hop names.
"""

from collections.abc import Iterable

HOST = 1 << 0
CONTENT_LENGTH = 1 << 1
TRANSFER_ENCODING = 1 << 2
CONNECTION = 1 << 3
UPGRADE = 1 << 4
EXPECT = 1 << 5
FORWARDED_FOR = 1 << 6
FORWARDED_HOST = 1 << 7
FORWARDED_PROTO = 1 << 8
CALL_ID = 1 << 9
START_TIME = 1 << 10
DURATION = 1 << 11
HOP_BY_HOP = 1 << 12
ADDRESS = 1 << 13

ADDRESS_FIELD = b"X-Faas-Nomad-Address"
"""Tells the control plane on which listener a call came; a caller's own is dropped."""

_HOP_BY_HOP = (
    b"keep-alive",
    b"proxy-connection",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"te",
)

REQUEST_BITS = {
    b"host": HOST,
    b"content-length": CONTENT_LENGTH,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"connection": CONNECTION,
    b"upgrade": UPGRADE,
    b"expect": EXPECT,
    b"x-forwarded-for": FORWARDED_FOR,
    b"x-forwarded-host": FORWARDED_HOST,
    b"x-forwarded-proto": FORWARDED_PROTO,
    b"x-call-id": CALL_ID,
    b"x-start-time": START_TIME,
    ADDRESS_FIELD.lower(): ADDRESS,
    **dict.fromkeys(_HOP_BY_HOP, HOP_BY_HOP),
}

RESPONSE_BITS = {
    b"content-length": CONTENT_LENGTH,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"connection": CONNECTION,
    b"upgrade": UPGRADE,
    b"x-call-id": CALL_ID,
    b"x-start-time": START_TIME,
    b"x-duration-seconds": DURATION,
    **dict.fromkeys(_HOP_BY_HOP, HOP_BY_HOP),
}

_NEVER_NAMED = frozenset({b"content-length", b"transfer-encoding", b"host", b"", b"close"})
"""What Connection cannot take away: without it the next reader would see another message."""


def tokens(value: bytes) -> list[bytes]:
    """Return the members of a comma-separated list, folded to lower case."""
    return [token.strip(b" \t") for token in value.lower().split(b",")]


def named_fields(connection: bytes) -> frozenset[bytes]:
    """Return the names in a Connection field that have to go with it, in lower case."""
    return frozenset(tokens(connection)) - _NEVER_NAMED


def without_lines(lines: bytes, cuts: Iterable[bytes]) -> bytes:
    """Return `lines`, each between two CRLF, without the first of each of `cuts`."""
    for cut in cuts:
        lines = lines.replace(b"\r\n" + cut + b"\r\n", b"\r\n", 1)
    return lines


def without_named(lines: bytes, names: frozenset[bytes]) -> bytes:
    """Return `lines` without any line whose name is in `names` (lower case)."""
    kept = (line for line in lines.split(b"\r\n") if line.partition(b":")[0].lower() not in names)
    return b"\r\n".join(kept)
