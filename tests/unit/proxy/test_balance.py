from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from faas_nomad.proxy.balance import less_busy, owner_of, sticky_key
from faas_nomad.state.endpoints import Sticky


@dataclass
class Candidate:
    id: str
    in_flight: int = 0


def drawing(*numbers: float) -> Callable[[], float]:
    drawn = iter(numbers)
    return lambda: next(drawn)


def test_the_only_one_is_chosen_without_a_draw() -> None:
    only = Candidate("a")

    assert less_busy([only], drawing()) is only


def test_of_two_drawn_the_less_busy_is_chosen() -> None:
    a, b, c = Candidate("a", 5), Candidate("b", 4), Candidate("c", 0)

    assert less_busy([a, b, c], drawing(0.0, 0.0)) is b
    assert less_busy([a, b, c], drawing(0.34, 0.99)) is b
    assert less_busy([a, b, c], drawing(0.99, 0.0)) is c


@pytest.mark.parametrize("count", [2, 3, 7])
def test_two_different_ones_are_drawn_whatever_the_numbers(count: int) -> None:
    for first in range(count):
        for second in range(count - 1):
            busy = [Candidate(str(number)) for number in range(count)]
            busy[first].in_flight = 1
            draws = drawing(first / count + 1e-9, second / (count - 1) + 1e-9)
            assert less_busy(busy, draws) is not busy[first]


def test_keys_are_spread_evenly() -> None:
    candidates = [Candidate(f"5f9c1e6a-000{number}") for number in range(4)]
    owners = Counter(owner_of(candidates, b"%d" % key).id for key in range(4000))

    assert all(800 < count < 1200 for count in owners.values())


def test_a_replica_that_leaves_moves_only_its_own_keys() -> None:
    candidates = [Candidate(f"replica-{number}") for number in range(5)]
    before = {key: owner_of(candidates, b"%d" % key) for key in range(500)}

    for key, owner in before.items():
        if owner is not candidates[0]:
            assert owner_of(candidates[1:], b"%d" % key) is owner


@pytest.mark.parametrize(
    ("sticky", "head", "key"),
    [
        (Sticky("header", "X-Sid"), b"GET / HTTP/1.1\r\nx-sid:  a b \r\n\r\n", b"a b"),
        (Sticky("header", "X-Sid"), b"GET / HTTP/1.1\r\nNo-X-Sid: a\r\n\r\n", None),
        (Sticky("cookie", "sid"), b"G\r\nCookie: sid=a\r\n\r\n", b"a"),
        (Sticky("cookie", "sid"), b"G\r\nCookie:sid=a\r\n\r\n", b"a"),
        (Sticky("cookie", "sid"), b"G\r\ncookie: x=1; nosid=2; sid=3; y=4\r\n\r\n", b"3"),
        (Sticky("cookie", "sid"), b"G\r\nCookie: x=1\r\nCookie: y=1;sid=2\r\n\r\n", b"2"),
        (Sticky("cookie", "sid"), b"G\r\nSet-Cookie: sid=2\r\n\r\n", None),
        (Sticky("cookie", "s.d"), b"G\r\nCookie: sid=2\r\n\r\n", None),
    ],
)
def test_what_binds_a_request(sticky: Sticky, head: bytes, key: bytes | None) -> None:
    assert sticky_key(sticky, head) == key
