import pytest

from faas_nomad.proxy.memo import MAX_LINE_BYTES, MAX_LINES, Memo


class Lengths(Memo[int]):
    """Reads a line as its length, and counts how often."""

    calls = 0

    def __missing__(self, line: bytes) -> int:
        self.calls += 1
        if line.startswith(b"bad"):
            raise LookupError
        if not line.startswith(b"secret"):
            self.remember(line, len(line))
        return len(line)


def test_a_line_is_read_once() -> None:
    memo = Lengths()

    assert [memo[b"abc"], memo[b"abc"]] == [3, 3]
    assert memo.calls == 1


@pytest.mark.parametrize("line", [b"secret", b"x" * (MAX_LINE_BYTES + 1)])
def test_what_is_not_to_be_kept_is_read_each_time(line: bytes) -> None:
    memo = Lengths()

    assert [memo[line], memo[line]] == [len(line)] * 2
    assert memo.calls == 2
    assert line not in memo


def test_a_line_that_is_refused_is_not_remembered() -> None:
    memo = Lengths()
    with pytest.raises(LookupError):
        memo[b"bad"]
    assert b"bad" not in memo


def test_any_number_of_lines_leaves_it_small_and_right() -> None:
    memo = Lengths()
    for number in range(3 * MAX_LINES):
        assert memo[b"%d" % number] == len(str(number))
        assert memo[b"always"] == 6

    assert memo.calls <= 3 * MAX_LINES + 4
    assert len(memo) <= MAX_LINES
