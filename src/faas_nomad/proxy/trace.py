"""What lets a call be followed: its id, a UUID that costs 0.1 µs, and when it began. Pure."""

from collections.abc import Callable

_COUNTER_BITS = 48


class Tracer:
    """Gives version 4 UUIDs: 72 random bits of this process, then a counter from a random start.

    They are unique, not secret. `random_bits(n)` returns n random bits.
    """

    __slots__ = ("_next", "_prefix")

    def __init__(self, random_bits: Callable[[int], int]) -> None:
        digits = f"{random_bits(72):018x}"
        uuid = f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-8{digits[15:18]}-"
        self._prefix = b"\r\nX-Call-Id: " + uuid.encode("ascii")
        self._next = random_bits(_COUNTER_BITS - 1)

    def lines(self, start_s: float) -> bytes:
        """Return the lines for a new call, each after a CRLF; `start_s` is Unix time."""
        self._next += 1
        return b"%b%012x\r\nX-Start-Time: %d" % (self._prefix, self._next, start_s * 1e9)
