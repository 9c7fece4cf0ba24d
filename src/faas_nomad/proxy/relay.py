"""Carries the rest of an answer's body, in the framing that its caller understands. Pure.

Mostly the bytes go through as they came. A body that ends with the function's connection becomes
chunked for HTTP/1.1, so that a death on the way shows; a chunked one is unwrapped for HTTP/1.0.
"""

from enum import Enum, auto

from faas_nomad.proxy.bodies import (
    CHUNKED,
    LAST_CHUNK,
    UNTIL_CLOSE,
    BodyUntilClose,
    body_of,
    chunk,
)


class Reframing(Enum):
    """What happens to the framing on the way."""

    NONE = auto()
    WRAP = auto()
    UNWRAP = auto()


class Relay:
    """One answer's body on its way; `excess` tells that the function sent more than it said."""

    __slots__ = ("_reframing", "body", "excess")

    def __init__(self, length: int, *, is_http11: bool, max_trailer_bytes: int) -> None:
        """`length` is as in `ResponseReader`; `is_http11` is about the caller."""
        self._reframing = _reframing(length, is_http11=is_http11)
        self.excess = False
        self.body = body_of(length, max_trailer_bytes)

    def pass_on(self, data: bytes) -> bytes:
        """Return what goes to the caller for `data`.

        Raises:
            BadBodyError: The function broke its framing; the caller's connection must be cut.
        """
        if self._reframing is Reframing.UNWRAP:
            taken, carried = self.body.payload(data)
            self.excess = taken < len(data)
            return carried
        taken = self.body.take(data)
        if taken < len(data):
            self.excess = True
            data = data[:taken]
        return chunk(data) if self._reframing is Reframing.WRAP and data else data

    def at_close(self) -> bytes | None:
        """Return the end of the answer when the function closed cleanly; None: it is cut short."""
        if not isinstance(self.body, BodyUntilClose):
            return None
        self.body.done = True
        return LAST_CHUNK if self._reframing is Reframing.WRAP else b""


def _reframing(length: int, *, is_http11: bool) -> Reframing:
    if length == UNTIL_CLOSE and is_http11:
        return Reframing.WRAP
    if length == CHUNKED and not is_http11:
        return Reframing.UNWRAP
    return Reframing.NONE
