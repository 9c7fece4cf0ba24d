import time

import pytest

from faas_nomad.watchdog.logs import log, take_lines


def test_a_line_has_the_second_in_which_it_was_written(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    now_s = time.time() + 3600  # an hour before any other clock says so
    monkeypatch.setattr(time, "time", lambda: now_s)

    log("begins")

    written = time.strptime(capfd.readouterr().err.strip(), "%Y/%m/%d %H:%M:%S begins")
    assert time.mktime(written) == int(now_s)


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
