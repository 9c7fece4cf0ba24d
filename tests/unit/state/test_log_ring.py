"""The messages that readers of one function share."""

from faas_nomad.state.log_ring import LINE_OVERHEAD_BYTES, LogLine, LogRing, selected


def lines(*numbers: int, instance: str = "a1") -> list[LogLine]:
    return [LogLine(number, instance, b"%d\n" % number) for number in numbers]


def test_a_reader_gets_what_came_after_its_position() -> None:
    ring = LogRing(10_000)
    ring.append(lines(1, 2))
    position = ring.end
    ring.append(lines(3))

    assert [batch.joined for batch in ring.after(position)] == [b"3\n"]
    assert [batch.joined for batch in ring.after(0)] == [b"1\n2\n", b"3\n"]
    assert ring.after(ring.end) == []


def test_a_reader_gets_no_more_at_a_time_than_it_asks_for() -> None:
    ring = LogRing(10_000)
    for number in range(4):
        ring.append(lines(number))
    one_bytes = LINE_OVERHEAD_BYTES + 2

    assert [batch.first for batch in ring.after(1, 1)] == [1]
    assert [batch.first for batch in ring.after(1, one_bytes + 1)] == [1, 2]
    assert [batch.first for batch in ring.after(1, 10_000)] == [1, 2, 3]


def test_the_oldest_go_when_there_are_too_many_and_the_numbers_tell() -> None:
    ring = LogRing(3 * (LINE_OVERHEAD_BYTES + 3))
    for number in range(10, 20):
        ring.append(lines(number))

    assert (ring.begin, ring.end) == (7, 10)
    assert b"".join(batch.joined for batch in ring.after(0)) == b"17\n18\n19\n"


def test_a_large_history_is_kept_in_parts() -> None:
    ring = LogRing(1 << 20)
    ring.append([LogLine(1, "a", b"x" * 40_000)] * 4)

    assert [len(batch.lines) for batch in ring.after(0)] == [2, 2]


def test_an_empty_append_changes_nothing() -> None:
    ring = LogRing(100)
    ring.append([])

    assert (ring.begin, ring.end, ring.after(0)) == (0, 0, [])


def test_lines_are_chosen_by_instance_time_and_number() -> None:
    ring = LogRing(10_000)
    ring.append(lines(1, 2, 3) + lines(4, 5, instance="b2"))

    def chosen(instance: str = "", earliest_ns: int = 0, tail: int | None = None) -> list[int]:
        found = selected(ring.after(0), instance=instance, earliest_ns=earliest_ns, tail=tail)
        return [line.time_ns for line in found]

    assert chosen() == [1, 2, 3, 4, 5]
    assert chosen(instance="a") == [1, 2, 3]
    assert chosen(earliest_ns=3) == [3, 4, 5]
    assert chosen(tail=2) == [4, 5]
    assert chosen(instance="a", tail=1) == [3]


def test_the_providers_own_words_are_for_readers_of_any_instance() -> None:
    ring = LogRing(10_000)
    ring.append(lines(1, instance=""))

    assert len(selected(ring.after(0), instance="a", earliest_ns=0, tail=None)) == 1
