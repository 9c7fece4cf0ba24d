"""Lines of one replica → messages with their times. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from faas_nomad.state.log_ring import LogLine
from faas_nomad.translate.log_lines import history_times_ns, message, message_head
from faas_nomad.translate.status import rfc3339

OWN_WORDS = "faas-nomad: "
"""What the provider's own lines in a function's logs begin with."""


@dataclass(frozen=True)
class ReplicaMessages:
    """Makes the messages of one replica; `created_ns` bounds what a line's own time may be."""

    name: str
    namespace: str
    instance: str
    created_ns: int
    clock_ns: Callable[[], int]

    def live(self, lines: list[bytes]) -> list[LogLine]:
        """Return messages for lines that were written just now."""
        now_ns = self.clock_ns()
        return self._messages(lines, [now_ns] * len(lines))

    def history(self, lines: list[bytes], ended_ns: int = 0) -> list[LogLine]:
        """Return messages for lines written before now, or before the replica's end."""
        latest_ns = max(self.created_ns, ended_ns or self.clock_ns())
        return self._messages(lines, history_times_ns(lines, self.created_ns, latest_ns))

    def own(self, text: str) -> LogLine:
        """Return a line of the provider itself."""
        return self.live([(OWN_WORDS + text).encode()])[0]

    def _messages(self, lines: list[bytes], times_ns: list[int]) -> list[LogLine]:
        head = message_head(self.name, self.namespace, self.instance)
        made = []
        last_ns, stamp = -1, ""
        for line, time_ns in zip(lines, times_ns, strict=True):
            if time_ns != last_ns:
                last_ns, stamp = time_ns, rfc3339(time_ns)
            made.append(LogLine(time_ns, self.instance, message(head, stamp, line)))
        return made
