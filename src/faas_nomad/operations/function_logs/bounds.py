"""What reading logs may cost, and what it does cost. Pure."""

from dataclasses import dataclass

MIN_HISTORY_BYTES = 65_536


@dataclass(frozen=True)
class LogBounds:
    """Bounds on memory and on what Nomad is asked; all are settings."""

    buffer_bytes: int = 4 << 20
    """Of messages kept of each function that is being read; also what a slow reader may lag."""
    history_bytes: int = 1 << 20
    """Read of the end of each output of a replica, before what comes new."""
    line_bytes: int = 65_536
    """Longer lines are broken."""
    max_functions: int = 64
    """Functions read at the same time."""
    max_readers: int = 1_024
    max_ended_replicas: int = 16
    """Replicas that have ended and are read too, the newest."""

    def history_of(self, outputs: int) -> int:
        """Return the bytes to read of each of that many outputs: the buffer holds no more."""
        fair_bytes = max(MIN_HISTORY_BYTES, 2 * self.buffer_bytes // max(1, outputs))
        return min(self.history_bytes, fair_bytes)


@dataclass
class LogStats:
    """For the metrics."""

    readers: int = 0
    lines: int = 0
    """Messages taken from Nomad."""
    lines_left_out: int = 0
    """Messages that readers were too slow for."""
    refused: int = 0
    """Readers refused by a bound."""


class TooManyLogsError(Exception):
    """A bound on reading logs is reached; the text names the setting."""
