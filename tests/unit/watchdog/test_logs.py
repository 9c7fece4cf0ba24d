from faas_nomad.watchdog.logs import take_lines


def test_whole_lines_are_taken_and_the_rest_is_kept() -> None:
    held = bytearray(b"one\ntwo\nthr")

    assert take_lines(held, 100, end=False) == [b"one", b"two"]
    assert held == b"thr"


def test_the_rest_is_a_line_at_the_end() -> None:
    held = bytearray(b"one\nrest")

    assert take_lines(held, 100, end=True) == [b"one", b"rest"]
    assert take_lines(held, 100, end=True) == []


def test_empty_lines_are_lines() -> None:
    assert take_lines(bytearray(b"\n\n"), 100, end=False) == [b"", b""]


def test_long_lines_are_broken_at_the_limit() -> None:
    assert take_lines(bytearray(b"abcdefg\n"), 3, end=False) == [b"abc", b"def", b"g"]


def test_a_line_without_end_is_not_held_beyond_the_limit() -> None:
    held = bytearray(b"abcdefg")

    assert take_lines(held, 3, end=False) == [b"abc", b"def"]
    assert held == b"g"
