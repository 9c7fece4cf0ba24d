"""`faas-nomad dev`, as a newcomer runs it: one answer, and nothing left behind."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.nomad_agent import require_nomad

WITHIN_S = 110.0


def run_dev(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "faas_nomad", "dev", *words],
        env={**os.environ, "TMPDIR": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )


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


def test_the_stand_in_shows_an_answer_and_leaves_nothing(tmp_path: Path) -> None:
    done = run_dev(tmp_path, "--once", "--nomad", "embedded")

    assert done.returncode == 0, done.stderr
    assert "'hello from nomad' → 'HELLO FROM NOMAD'" in done.stdout
    assert done.stdout.startswith("Nomad: the stand-in")
    assert nothing_is_left(tmp_path)


@pytest.mark.real
def test_the_real_nomad_shows_an_answer_and_leaves_nothing(tmp_path: Path) -> None:
    done = run_dev(tmp_path, "--once", "--nomad", str(require_nomad()))

    assert done.returncode == 0, done.stderr
    assert "'hello from nomad' → 'HELLO FROM NOMAD'" in done.stdout
    assert nothing_is_left(tmp_path)


def test_a_nomad_that_is_not_there_is_told_on_one_line(tmp_path: Path) -> None:
    done = run_dev(tmp_path, "--once", "--nomad", "/no/such/nomad")

    assert done.returncode == 1
    assert done.stderr.startswith("--nomad /no/such/nomad: expected auto, embedded")
    assert done.stderr.count("\n") == 1
