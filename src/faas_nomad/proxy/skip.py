"""Throws away the rest of a body that nobody wants any more, so that its connection can be kept."""

from faas_nomad.proxy.bodies import BadBodyError, Body
from faas_nomad.proxy.caller import After, Caller
from faas_nomad.proxy.context import Context


class Skip:
    """Follows an exchange that was over before its request had come; too much is not worth it."""

    __slots__ = ("_body", "_caller", "_context", "_left")

    takes_data = True

    def __init__(self, caller: Caller, body: Body, context: Context) -> None:
        self._caller = caller
        self._body = body
        self._context = context
        self._left = context.limits.max_skipped_bytes
        caller.deadline_s = context.now_s() + context.limits.linger_time_s

    def request_data(self, data: bytes) -> int:
        """Count what belongs to the body; what comes behind it is the next request."""
        try:
            taken = self._body.take(data)
        except BadBodyError:
            self._give_up()
            return len(data)
        self._left -= taken
        if self._body.done:
            self._caller.answered(self._context.now_s())
        elif self._left < 0:
            self._context.stats.limits["skipped"] += 1
            self._give_up()
        return taken

    def caller_eof(self) -> bool:
        """The caller sends no more: nothing is left to wait for."""
        return False

    def caller_full(self, *, full: bool) -> None:
        """Nothing is written that could be held back."""

    def caller_lost(self) -> None:
        """Nobody else has to hear of it."""

    def timed_out(self) -> None:
        """The rest does not come."""
        self._give_up()

    def _give_up(self) -> None:
        self._caller.exchange_over(After.LINGER, self._context.now_s(), None)
