"""What an agent leaves behind is ended with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faas_nomad.dev.agent import end_what_is_left
from support.processes import kill_all_of

WAITING = [sys.executable, "-c", "input()"]


@contextmanager
def waiting(
    *arguments: str, environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [*WAITING, *arguments], stdin=subprocess.PIPE, env={**os.environ, **(environment or {})}
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_ends_those_that_name_the_folder_in_command_or_environment(tmp_path: Path) -> None:
    ours, others = tmp_path / "ours", tmp_path / "others"
    with (
        waiting(f"{ours}/task") as task,
        waiting(environment={"TMPDIR": str(ours)}) as log_collector,
        waiting(f"{others}/task", environment={"TMPDIR": str(others)}) as another,
    ):
        end_what_is_left(ours)
        assert task.wait(10) == -signal.SIGKILL
        assert log_collector.wait(10) == -signal.SIGKILL
        assert another.poll() is None


def test_the_tests_own_clean_up_does_so_too(tmp_path: Path) -> None:
    ours, others = tmp_path / "ours", tmp_path / "ours2"
    with (
        waiting(environment={"TMPDIR": str(ours)}) as log_collector,
        waiting(environment={"TMPDIR": str(others)}) as another,
    ):
        kill_all_of(ours)
        assert log_collector.wait(10) == -signal.SIGKILL
        assert another.poll() is None
