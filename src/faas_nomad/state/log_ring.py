"""The newest log messages of one function, shared by all who read them. Pure.

A reader holds a position, nothing else: a thousand readers cost one ring.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

BATCH_BYTES = 65_536
"""A history is kept in batches of about this size, as sent and as thrown away."""
LINE_OVERHEAD_BYTES = 120
"""What Python needs to keep one message, beside its bytes."""


class LogLine(NamedTuple):
    """One rendered message; `instance` is its allocation, empty for the provider's own words."""

    time_ns: int
    instance: str
    message: bytes


class Batch:
    """Messages that came together, the `first` of which bears that number."""

    def __init__(self, first: int, lines: list[LogLine]) -> None:
        self.first = first
        self.lines = lines
        self.size_bytes = sum(len(line.message) + LINE_OVERHEAD_BYTES for line in lines)

    @property
    def end(self) -> int:
        """The number after its last message's."""
        return self.first + len(self.lines)

    @cached_property
    def joined(self) -> bytes:
        """All of it, made once for all readers."""
        return b"".join(line.message for line in self.lines)


class LogRing:
    """Messages by number, from 0; the oldest go when there are more than `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._batches: deque[Batch] = deque()
        self._size_bytes = 0
        self.end = 0
        """The number of the next message."""

    @property
    def begin(self) -> int:
        """The number of the oldest message that is kept."""
        return self._batches[0].first if self._batches else self.end

    def append(self, lines: Iterable[LogLine]) -> None:
        """Add messages, in the order given."""
        for part in _parts(lines):
            batch = Batch(self.end, part)
            self._batches.append(batch)
            self._size_bytes += batch.size_bytes
            self.end = batch.end
            while self._size_bytes > self._max_bytes and len(self._batches) > 1:
                self._size_bytes -= self._batches.popleft().size_bytes

    def after(self, position: int, about_bytes: int | None = None) -> list[Batch]:
        """Return the batches from the message number `position` on, oldest first.

        No more than it takes for `about_bytes`: who takes them slowly keeps them meanwhile.
        """
        found: list[Batch] = []
        for batch in reversed(self._batches):
            if batch.end <= position:
                break
            found.append(batch)
        found.reverse()
        if about_bytes is None:
            return found
        before_bytes = accumulate((batch.size_bytes for batch in found), initial=0)
        return [one for one, size in zip(found, before_bytes, strict=False) if size < about_bytes]


def selected(
    batches: Iterable[Batch], *, instance: str, earliest_ns: int, tail: int | None
) -> list[LogLine]:
    """Return the messages that a reader asked for: the last `tail`, of an instance, from a time."""
    newest = deque(_matching(batches, instance, earliest_ns), maxlen=tail)
    return list(newest)


def _matching(batches: Iterable[Batch], instance: str, earliest_ns: int) -> Iterator[LogLine]:
    for batch in batches:
        for line in batch.lines:
            if line.time_ns >= earliest_ns and (line.instance or instance).startswith(instance):
                yield line


def _parts(lines: Iterable[LogLine]) -> Iterator[list[LogLine]]:
    part: list[LogLine] = []
    size_bytes = 0
    for line in lines:
        part.append(line)
        size_bytes += len(line.message)
        if size_bytes >= BATCH_BYTES:
            yield part
            part, size_bytes = [], 0
    if part:
        yield part
