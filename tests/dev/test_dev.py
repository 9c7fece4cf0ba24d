"""`faas-nomad dev`, as a newcomer runs it: one answer, and nothing left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from urllib.request import urlopen

import pytest

from faas_nomad.dev.run import short_place
from support.nomad_binary import require_nomad

WITHIN_S = 110.0


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for temporary files with a path that leaves room for Nomad's sockets below it."""
    with tempfile.TemporaryDirectory(prefix="d", dir="/tmp") as folder:
        yield Path(folder)


def run_dev(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "faas_nomad", "dev", *words],
        env={**os.environ, "TMPDIR": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )


@contextmanager
def started_dev(folder: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run it until the block ends; its output is read line by line as it comes.

    What is started in a shell's background ignores Ctrl-C, and so would its children.
    """
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "faas_nomad", "dev", *words],
        env={**os.environ, "TMPDIR": str(folder)},
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def processes_below(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found


def nothing_is_left(folder: Path) -> bool:
    deadline_s = time.monotonic() + 10
    while processes_below(folder) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    return not processes_below(folder) and not list(folder.iterdir())


def test_the_stand_in_shows_an_answer_and_leaves_nothing(place: Path) -> None:
    done = run_dev(place, "--once", "--nomad", "embedded")

    assert done.returncode == 0, done.stderr
    assert "'hello from nomad' → 'HELLO FROM NOMAD'" in done.stdout
    assert done.stdout.startswith("Nomad: the stand-in")
    assert "Next:" not in done.stdout, "there is nothing to go on with"
    assert nothing_is_left(place)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_how_to_go_on_and_stays_until_it_is_stopped(
    place: Path, how: signal.Signals
) -> None:
    with started_dev(place, "--nomad", "embedded") as dev:
        assert dev.stdout is not None
        said = list(takewhile(lambda line: line != "Ctrl-C stops all of it.\n", dev.stdout))
        url = next(line.split()[-1] for line in said if "/function/" in line)
        with urlopen(url, data=b"one more", timeout=10) as answer:
            assert answer.read().strip() == b"ONE MORE"

        dev.send_signal(how)

        assert dev.wait(WITHIN_S) == 0
        assert "Stopping what was started" in dev.stdout.read()
    assert nothing_is_left(place)


@pytest.mark.real
def test_the_real_nomad_shows_an_answer_and_leaves_nothing(place: Path) -> None:
    done = run_dev(place, "--once", "--nomad", str(require_nomad()))

    assert done.returncode == 0, done.stderr
    assert "'hello from nomad' → 'HELLO FROM NOMAD'" in done.stdout
    assert nothing_is_left(place)


@pytest.mark.parametrize(
    ("given", "used"), [("/tmp", "/tmp"), ("/scratch", "/scratch"), ("/a" * 20, "/tmp")]
)
def test_the_folder_leaves_room_for_nomads_sockets(given: str, used: str) -> None:
    assert short_place(given) == used


def test_a_nomad_that_is_not_there_is_told_on_one_line(place: Path) -> None:
    done = run_dev(place, "--once", "--nomad", "/no/such/nomad")

    assert done.returncode == 1
    assert done.stderr.startswith("--nomad /no/such/nomad: expected auto, embedded")
    assert done.stderr.count("\n") == 1
