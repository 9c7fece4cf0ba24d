"""A forked process's environment: what it is told about its request. Pure.

As with of-watchdog, `Http_<Header>` with dashes as underscores, `Http_Method`, `Http_Path`,
`Http_Query`; also `Http_Host`, as the classic watchdog has it. The header `Proxy` is left out:
several HTTP clients would take `Http_Proxy` for their proxy (httpoxy).
"""

from __future__ import annotations

from .bodies import HEX_DIGITS
from .errors import HttpError
from .request import Request


def request_environment(request: Request) -> dict[bytes, bytes]:
    """Return the variables that tell a process about its request.

    Raises:
        HttpError: The path cannot stand in a variable.
    """
    found: dict[str, str] = {}
    for name, value in sorted(request.headers, key=lambda field: "_" in field[0]):
        if name.lower() not in ("proxy", "transfer-encoding"):
            found.setdefault("Http_" + _canonical(name), value)  # a true dash wins over a _
    found["Http_Method"] = request.method
    found["Http_Path"] = ""
    found["Http_Query"] = request.query
    if request.body_length is None:
        found["Http_Transfer_Encoding"] = "chunked"
    env = {name.encode(): value.encode("latin-1") for name, value in found.items() if value}
    env[b"Http_Path"] = unquote(request.path)
    return env


def _canonical(name: str) -> str:
    """Return `name` as Go's net/http spells it, with underscores."""
    return "_".join(word.capitalize() for word in name.split("-"))


def unquote(path: str) -> bytes:
    """Return the bytes that a path's %XX escapes stand for.

    Raises:
        HttpError: An escape is malformed, or stands for NUL.
    """
    first, *rest = path.encode("latin-1").split(b"%")
    found = bytearray(first)
    for part in rest:
        if len(part) < 2 or not HEX_DIGITS.issuperset(part[:2]):
            raise HttpError(400, "a malformed escape in the path")
        found.append(int(part[:2], 16))
        found += part[2:]
    if b"\0" in found:
        raise HttpError(400, "a NUL in the path")
    return bytes(found)
