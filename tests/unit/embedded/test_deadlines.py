"""When which job is looked at again."""

from faas_nomad.embedded.deadlines import Deadlines

A, B = ("default", "a"), ("default", "b")


def test_the_earliest_comes_first() -> None:
    deadlines = Deadlines()
    deadlines.add(30, A)
    deadlines.add(10, B)

    assert deadlines.next_ns() == 10
    assert deadlines.take_due(9) == set()
    assert deadlines.take_due(10) == {B}
    assert deadlines.next_ns() == 30


def test_the_same_entry_is_held_once() -> None:
    deadlines = Deadlines()
    for _ in range(3):
        deadlines.add(10, A)

    assert deadlines.take_due(10) == {A}
    assert deadlines.next_ns() is None


def test_an_entry_taken_can_come_again() -> None:
    deadlines = Deadlines()
    deadlines.add(10, A)
    deadlines.take_due(10)
    deadlines.add(10, A)

    assert deadlines.next_ns() == 10
