"""The ring behind the event stream."""

import pytest

from faas_nomad.embedded.event_buffer import EventBuffer, select
from faas_nomad.embedded.records import Event


def event(index: int, topic: str = "Job", key: str = "x", *filter_keys: str) -> Event:
    return Event(topic, "JobRegistered", key, "default", filter_keys, index, None)


def filled(*indexes: int, size: int = 4) -> EventBuffer:
    buffer = EventBuffer(size)
    for index in indexes:
        buffer.append(index, (event(index),))
    return buffer


@pytest.mark.parametrize(
    ("asked", "first"),
    [(0, 20), (10, 20), (20, 20), (25, 30), (30, 30), (50, 50), (99, 50)],
)
def test_a_reader_starts_at_the_index_or_the_nearest(asked: int, first: int) -> None:
    buffer = filled(10, 20, 30, 40, 50)

    batches = buffer.read_from(buffer.position_of(asked))

    assert batches is not None
    assert batches[0][0] == first


def test_an_empty_buffer_gives_nothing() -> None:
    buffer = EventBuffer()

    assert buffer.read_from(buffer.position_of(7)) == []


def test_a_reader_that_falls_behind_is_told_so() -> None:
    buffer = filled(10, 20)
    position = buffer.position_of(0)
    for index in range(30, 100, 10):
        buffer.append(index, (event(index),))

    assert buffer.read_from(position) is None


def test_a_write_without_events_is_no_batch() -> None:
    buffer = EventBuffer()
    buffer.append(5, ())

    assert buffer.end == 0


def test_topics_and_keys_select() -> None:
    events = (
        event(1, "Job", "a"),
        event(1, "Allocation", "id-1", "a"),
        event(1, "Allocation", "id-2", "b"),
        event(1, "Deployment", "d", "a"),
    )

    def chosen(**topics: str) -> list[str]:
        wanted = {topic: frozenset((key,)) for topic, key in topics.items()}
        return [e.key for e in select(events, wanted, "default")]

    assert chosen(Job="*") == ["a"]
    assert chosen(Allocation="a") == ["id-1"]
    assert chosen(Allocation="id-2") == ["id-2"]
    assert chosen(Job="*", Deployment="*") == ["a", "d"]
    assert [e.key for e in select(events, {"*": frozenset("*")}, "*")] == ["a", "id-1", "id-2", "d"]
    assert select(events, {"*": frozenset("*")}, "other") == []
