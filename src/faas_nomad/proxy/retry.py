"""Whether a request may be sent once more. Pure.

Nothing was sent: any method, on another replica. Something was sent and no byte of an answer
came: only methods that may be repeated by definition (RFC 9110 9.2.2), and only while their whole
body is still in memory. An answer has begun: never.
"""

IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})

RESERVE = 128.0
"""Repeats saved up at most: enough for all that one replica had in flight when it died."""


class RetryBudget:
    """A purse that each request fills a little and each repeat of a sent one empties by one."""

    __slots__ = ("_left", "_seen")

    def __init__(self) -> None:
        self._left = RESERVE
        self._seen = 0

    def spend(self, requests: int, percent: int) -> bool:
        """Tell whether one repeat is allowed, and pay for it.

        `requests` is the count of all; a hundred of them fill the purse by `percent`.
        """
        self._left = min(RESERVE, self._left + percent / 100 * (requests - self._seen))
        self._seen = requests
        if self._left < 1:
            return False
        self._left -= 1
        return True


def may_repeat(method: bytes, *, whole_in_memory: bool, answer_begun: bool) -> bool:
    """Tell whether a request may be sent again although a replica may have seen it."""
    return whole_in_memory and not answer_begun and method in IDEMPOTENT
