"""Whether a replica is left out for a while, from how requests to it went. Pure: time comes in.

A replica that refuses connections, or from which several answers in a row did not come, is left
out for a time that doubles with each failed return; then one request may try it (half open).
"""

FAILURES_TO_EJECT = 3
"""Answers in a row that did not come; a refused connection counts as many at once."""
FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 30.0


class Health:
    """One replica's standing; `left_out_until_s` is 0 while it gets requests as any other."""

    __slots__ = ("_is_tried", "_pause_s", "failures", "left_out_until_s")

    def __init__(self) -> None:
        self.failures = 0
        """In a row; 0 tells that `answered` has nothing to forget."""
        self._pause_s = FIRST_PAUSE_S
        self._is_tried = False
        """A request was let through since it is left out."""
        self.left_out_until_s = 0.0

    def answered(self) -> bool:
        """It answered: all is forgotten. True when it had been left out."""
        was_left_out = self.left_out_until_s > 0
        self.failures, self._pause_s, self.left_out_until_s = 0, FIRST_PAUSE_S, 0.0
        return was_left_out

    def failed(self, now_s: float, weight: int = 1) -> bool:
        """An answer did not come; True when it is left out from now on."""
        self.failures += weight
        if self.failures < FAILURES_TO_EJECT:
            return False
        if now_s < self.left_out_until_s and not self._is_tried:
            return False  # many were in flight when it died: that is one failure
        self._is_tried = False
        self.left_out_until_s = now_s + self._pause_s
        self._pause_s = min(MAX_PAUSE_S, self._pause_s * 2)
        return True

    def may_try(self, now_s: float) -> bool:
        """Tell whether it may get one request; if so, the next has to wait as long again."""
        if now_s < self.left_out_until_s:
            return False
        self.left_out_until_s = now_s + self._pause_s
        self._is_tried = True
        return True
