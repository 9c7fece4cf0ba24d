"""The short memory behind the event stream. Pure.

Source: nomad `nomad/stream/event_buffer.go`: a ring of batches. A reader that
asks for an index starts at the first batch not older than it, else at the newest; without an
index at the oldest. A reader that falls behind the ring has lost events and is told so.
"""

from collections import deque
from collections.abc import Mapping
from itertools import islice

from faas_nomad.embedded.records import Event

BUFFERED_BATCHES = 2000
"""Nomad's `event_buffer_size` is 100; here thousands of mock tasks may start within one pass."""
Batch = tuple[int, tuple[Event, ...]]
Topics = Mapping[str, frozenset[str]]
"""Topic to the keys asked for, `*` among either for all."""


class EventBuffer:
    """The last batches, numbered from 0 in the order of their writing."""

    def __init__(self, size: int = BUFFERED_BATCHES) -> None:
        self._batches: deque[Batch] = deque(maxlen=size)
        self.end = 0

    @property
    def start(self) -> int:
        """The number of the oldest batch still held."""
        return self.end - len(self._batches)

    def append(self, index: int, events: tuple[Event, ...]) -> None:
        """Add the batch of a write; one without events is no batch."""
        if events:
            self._batches.append((index, events))
            self.end += 1

    def position_of(self, index: int) -> int:
        """Return the number of the batch where a reader that asked for `index` starts."""
        if index <= 0:
            return self.start
        held = enumerate(self._batches, self.start)
        newest = max(self.start, self.end - 1)
        return next((number for number, batch in held if batch[0] >= index), newest)

    def read_from(self, number: int) -> list[Batch] | None:
        """Return the batches from `number` on; None when some of them are lost already."""
        if number < self.start:
            return None
        return list(islice(self._batches, number - self.start, None))


def select(events: tuple[Event, ...], topics: Topics, namespace: str) -> list[Event]:
    """Return the events that a subscription to `topics` in `namespace` (or `*`) gets."""
    return [event for event in events if _is_wanted(event, topics, namespace)]


def _is_wanted(event: Event, topics: Topics, namespace: str) -> bool:
    if namespace not in ("*", event.namespace):
        return False
    keys = topics.get(event.topic, frozenset()) | topics.get("*", frozenset())
    return "*" in keys or event.key in keys or not keys.isdisjoint(event.filter_keys)
