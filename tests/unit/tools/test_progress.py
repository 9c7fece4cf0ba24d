"""What a user sees of a long step."""

import io

import pytest

from faas_nomad.tools.progress import Progress, build_line, download_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("done_bytes", "total_bytes", "line"),
    [
        (0, 40_000_000, "nomad [........................] 0 %  0.0/40.0 MB  0.0 MB/s"),
        (20_000_000, 40_000_000, "nomad [############............] 50 %  20.0/40.0 MB  4.0 MB/s"),
        (40_000_000, 40_000_000, "nomad [########################] 100 %  40.0/40.0 MB  8.0 MB/s"),
        (20_000_000, None, "nomad 20.0 MB  4.0 MB/s"),
    ],
)
def test_a_download_shows_a_bar_where_its_size_is_known(
    done_bytes: int, total_bytes: int | None, line: str
) -> None:
    assert download_line("nomad", done_bytes, total_bytes, elapsed_s=5.0) == line


def test_a_download_in_its_first_instant_has_a_speed_too() -> None:
    assert download_line("nomad", 0, None, elapsed_s=0.0) == "nomad 0.0 MB  0.0 MB/s"


def test_a_build_shows_its_time_and_what_it_is_at() -> None:
    line = build_line("building nomad", 125.9, 812, "github.com/hashicorp/raft")

    assert line == "building nomad 2:05  812 packages, now github.com/hashicorp/raft"


def test_a_log_gets_a_line_at_once_and_then_every_15_seconds() -> None:
    times_s = iter(range(0, 100))
    out = io.StringIO()
    progress = Progress(out, clock_s=lambda: now_s)

    for now_s in times_s:
        progress.show(f"at {now_s} s")

    assert out.getvalue().split("\n") == [*(f"at {s} s" for s in range(0, 100, 15)), ""]


def test_a_terminal_has_one_line_redrawn_and_cleared_before_anything_else() -> None:
    now_s = 0.0
    out = Terminal()
    progress = Progress(out, clock_s=lambda: now_s)

    progress.show("one")
    progress.show("too soon")
    now_s = 0.2
    progress.show("two")
    progress.say("done")

    assert out.getvalue() == "\r\x1b[Kone\r\x1b[Ktwo\r\x1b[Kdone\n"


def test_a_line_longer_than_a_terminal_is_cut_so_that_it_can_be_redrawn() -> None:
    out = Terminal()

    Progress(out).show("x" * 500)

    assert out.getvalue().count("x") == 100


def test_after_a_step_has_finished_the_next_one_shows_at_once() -> None:
    out = io.StringIO()
    progress = Progress(out, clock_s=lambda: 0.0)

    progress.show("first step")
    progress.finish()
    progress.show("second step")

    assert out.getvalue() == "first step\nsecond step\n"
