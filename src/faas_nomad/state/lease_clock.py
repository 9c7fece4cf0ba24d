"""Who holds a lease, as one instance can know it by its own monotonic clock. Pure.

The holder changes the lease's variable every few seconds. Whoever sees it unchanged for
`TAKE_AFTER_S` may take it, by check-and-set. The holder itself counts from the moment it *sent* its
last change, and only to `HOLD_S`: it has stopped before anybody else may begin, whatever the
clocks of the two say. Nomad's own variable locks cannot be taken over within 15 s: the least time
is 10 s, and the server waits for twice that (nomad `nomad/locks.go`).
"""

BEAT_S = 2.0
"""Between two changes by the holder, and between two looks of the others."""
HOLD_S = 5.0
TAKE_AFTER_S = 8.0


class LeaseClock:
    """What instance `me` knows; times are passed in, in seconds."""

    def __init__(self, me: str) -> None:
        self.me = me
        self.index = 0
        """Of the variable as last seen or written: what a check-and-set must name."""
        self.holder = ""
        self._since_s: float | None = None
        self._held_until_s = 0.0

    def saw(self, holder: str, index: int, now_s: float) -> None:
        """The variable was read."""
        if self._since_s is None or index != self.index:
            self.holder, self.index, self._since_s = holder, index, now_s
        if holder != self.me:
            self._held_until_s = 0.0

    def wrote(self, index: int, sent_s: float) -> None:
        """The variable was changed by us, by a call that was sent at `sent_s`."""
        self.holder, self.index, self._since_s = self.me, index, sent_s
        self._held_until_s = sent_s + HOLD_S

    def may_write(self, now_s: float) -> bool:
        """Return whether the lease is ours, nobody's, or given up by its holder."""
        if self._since_s is None:
            return False
        return self.holder in ("", self.me) or now_s - self._since_s >= TAKE_AFTER_S

    def is_held(self, now_s: float) -> bool:
        """Return whether we hold it for sure."""
        return now_s < self._held_until_s
