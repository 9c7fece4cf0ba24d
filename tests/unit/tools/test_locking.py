"""One process at a time."""

import io
from pathlib import Path

import pytest

from faas_nomad.tools.errors import WayError
from faas_nomad.tools.locking import exclusive
from faas_nomad.tools.progress import Progress


class Time:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def sleep(self, pause_s: float) -> None:
        self.now_s += pause_s


def quiet(time: Time) -> Progress:
    return Progress(io.StringIO(), clock_s=lambda: time.now_s)


def test_who_comes_second_waits_until_the_first_lets_go(tmp_path: Path) -> None:
    time, order = Time(), ["first has it"]
    first = exclusive(tmp_path / "a" / ".lock", quiet(time))
    first.__enter__()

    def sleep(pause_s: float) -> None:
        time.sleep(pause_s)
        order.append("second waits")
        first.__exit__(None, None, None)

    with exclusive(tmp_path / "a" / ".lock", quiet(time), sleep=sleep):
        order.append("second has it")

    assert order == ["first has it", "second waits", "second has it"]


def test_a_lock_that_is_never_let_go_is_given_up_by_name(tmp_path: Path) -> None:
    time, lock = Time(), tmp_path / ".lock"
    with (
        exclusive(lock, quiet(time)),
        pytest.raises(WayError, match=f"another process held {lock} for 10 s"),
        exclusive(lock, quiet(time), wait_s=10.0, sleep=time.sleep),
    ):
        pytest.fail("two hold one lock")

    assert time.now_s == pytest.approx(10.2, abs=0.21)


def test_a_lock_is_let_go_when_the_block_fails(tmp_path: Path) -> None:
    time = Time()
    with pytest.raises(KeyError), exclusive(tmp_path / ".lock", quiet(time)):
        raise KeyError

    with exclusive(tmp_path / ".lock", quiet(time), wait_s=0.0):
        assert time.now_s == 0.0


def test_a_folder_that_cannot_be_made_is_named_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(WayError, match=r"file/x cannot be written \(.+\); set XDG_CACHE_HOME"),
        exclusive(tmp_path / "file" / "x" / ".lock", quiet(Time())),
    ):
        pytest.fail("there is no such folder")
