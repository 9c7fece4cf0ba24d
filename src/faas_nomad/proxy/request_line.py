"""Reads request lines strictly, up to what goes to the function in their place. Pure.

Sources: RFC 9112 3 (request line), 3.2 (forms of the target).
"""

import re
from typing import NamedTuple

from faas_nomad.proxy.errors import BadRequestError
from faas_nomad.proxy.memo import Memo

METHODS = frozenset({b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"HEAD"})
FUNCTION_PREFIX = b"/function/"

_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x22\x24-\x7e]+) HTTP/([0-9]\.[0-9])"
).fullmatch
_ABSOLUTE = re.compile(
    rb"https?://([A-Za-z0-9._~!$&'()*+,;=:%\[\]-]+)([/?].*)?", re.IGNORECASE
).fullmatch
_START = len(FUNCTION_PREFIX)


class RequestLine(NamedTuple):
    """What a request line says."""

    method: bytes
    target: bytes
    """In origin form: `/path?query`."""
    is_http11: bool
    authority: bytes
    """Where the target was a whole URL; it overrides Host (RFC 9112 3.2.2)."""
    function: bytes | None
    """The segment after `/function/`; None for a call to the control plane."""
    passed_on: bytes
    """The request line for the function or the control plane."""


class RequestLineMemo(Memo[RequestLine]):
    """Reads request lines; remembers those without a query, which differ and may hold secrets."""

    __slots__ = ()

    def __missing__(self, line: bytes) -> RequestLine:
        """Read `line`; see `read_request_line`."""
        found = read_request_line(line)
        if b"?" not in line:
            self.remember(line, found)
        return found


def read_request_line(line: bytes) -> RequestLine:
    """Return what `line`, without its CRLF, says.

    Raises:
        BadRequestError: It is refused.
    """
    found = _LINE(line)
    if found is None:
        raise BadRequestError(400, "the request line is not METHOD TARGET VERSION")
    method, target, version = found.groups()
    if version not in (b"1.1", b"1.0"):
        raise BadRequestError(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    if method not in METHODS:
        raise BadRequestError(405, "this method is not allowed")
    authority = b""
    if target[:1] != b"/":
        authority, target = _of_absolute(target)
    function, path = None, target
    if target.startswith(FUNCTION_PREFIX):
        function, path = split_invocation(target)
    passed_on = b"%b %b HTTP/1.1" % (method, path)
    return RequestLine(method, target, version == b"1.1", authority, function, passed_on)


def split_invocation(target: bytes) -> tuple[bytes, bytes]:
    """Return the function's segment and the path and query for the function.

    `target` begins with `/function/`; raw bytes stay as they came. The path is `/` when there is
    none; the segment may be empty.
    """
    slash = target.find(b"/", _START)
    query = target.find(b"?", _START)
    if query < 0:
        return (target[_START:slash], target[slash:]) if slash >= 0 else (target[_START:], b"/")
    if 0 <= slash < query:
        return target[_START:slash], target[slash:]
    return target[_START:query], b"/" + target[query:]


def _of_absolute(target: bytes) -> tuple[bytes, bytes]:
    """Return authority and path of a target that is a whole URL."""
    found = _ABSOLUTE(target)
    if found is None:
        raise BadRequestError(400, "the request target is neither a path nor an http URL")
    path = found[2] or b"/"
    return found[1], path if path[:1] == b"/" else b"/" + path
