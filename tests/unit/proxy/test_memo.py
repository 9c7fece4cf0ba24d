import pytest

from faas_nomad.proxy.memo import MAX_LINE_BYTES, MAX_LINES, Memo


class Counting:
    """Reads a line as its length, and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, line: bytes) -> tuple[int, bool]:
        self.calls += 1
        return len(line), not line.startswith(b"secret")


def test_a_line_is_read_once() -> None:
    read = Counting()
    memo = Memo(read)

    assert [memo[b"abc"], memo[b"abc"]] == [3, 3]
    assert read.calls == 1


@pytest.mark.parametrize("line", [b"secret", b"x" * (MAX_LINE_BYTES + 1)])
def test_what_is_not_to_be_kept_is_read_each_time(line: bytes) -> None:
    read = Counting()
    memo = Memo(read)

    assert [memo[line], memo[line]] == [len(line)] * 2
    assert read.calls == 2
    assert line not in memo


def test_a_line_that_is_refused_is_not_remembered() -> None:
    def refuse(_line: bytes) -> tuple[int, bool]:
        raise LookupError

    memo = Memo(refuse)
    with pytest.raises(LookupError):
        memo[b"a"]
    assert b"a" not in memo


def test_what_comes_again_outlives_any_number_of_other_lines() -> None:
    read = Counting()
    memo = Memo(read)
    for number in range(5 * MAX_LINES):
        memo[b"%d" % number]
        memo[b"always"]

    assert read.calls == 5 * MAX_LINES + 1
    assert len(memo) <= MAX_LINES


def test_what_comes_no_more_is_forgotten() -> None:
    read = Counting()
    memo = Memo(read)
    memo[b"once"]
    for number in range(2 * MAX_LINES + 1):
        memo[b"%d" % number]
    calls = read.calls
    memo[b"once"]

    assert read.calls == calls + 1
