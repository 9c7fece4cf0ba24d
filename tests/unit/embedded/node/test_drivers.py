"""Child processes and tasks that are none."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faas_nomad.embedded.node.drivers import DriverError, Exit, Launch, MockDriver, RawExec
from faas_nomad.embedded.node.reaper import Reaper
from support.waiting import wait_until


@pytest.fixture
def reaper() -> Iterator[Reaper]:
    made = Reaper()
    yield made
    made.close()


def launch(folder: Path, command: str, *arguments: str, **more: Any) -> Launch:
    return Launch(
        config={"command": command, "args": list(arguments), **more},
        environment={"PATH": os.environ["PATH"], "A": "1"},
        folder=folder,
        stdout=folder / "out",
        stderr=folder / "err",
    )


async def test_a_process_has_folder_environment_and_logs(tmp_path: Path, reaper: Reaper) -> None:
    script = "pwd; echo A=$A; echo bad >&2; exit 3"

    running = await RawExec(reaper).start(launch(tmp_path, "sh", "-c", script))

    assert await asyncio.wait_for(running.wait(), 10) == Exit(3)
    assert (tmp_path / "out").read_text() == f"{tmp_path}\nA=1\n"
    assert (tmp_path / "err").read_text() == "bad\n"


async def test_a_signal_ends_it(tmp_path: Path, reaper: Reaper) -> None:
    running = await RawExec(reaper).start(launch(tmp_path, "sleep", "600"))

    running.send(signal.SIGTERM)

    assert await asyncio.wait_for(running.wait(), 10) == Exit(143, signal.SIGTERM)
    running.send(signal.SIGTERM)


async def test_what_it_leaves_behind_is_killed(tmp_path: Path, reaper: Reaper) -> None:
    running = await RawExec(reaper).start(
        launch(tmp_path, "sh", "-c", "sleep 600 & echo $!; exit 0")
    )
    await asyncio.wait_for(running.wait(), 10)
    child = int((tmp_path / "out").read_text())

    await asyncio.to_thread(wait_until, lambda: not is_alive(child), "the child is gone", 5)


async def test_a_file_of_the_task_is_made_executable(tmp_path: Path, reaper: Reaper) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local/run").write_text("#!/bin/sh\necho ran\n")

    running = await RawExec(reaper).start(launch(tmp_path, "local/run"))

    await asyncio.wait_for(running.wait(), 10)
    assert (tmp_path / "out").read_text() == "ran\n"


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({}, '"command" is required'),
        ({"command": 1}, '"command" is required'),
        ({"command": "/nowhere/at/all"}, "no such executable"),
        ({"command": "no-such-program"}, "no such executable"),
        ({"command": "sh", "args": "x"}, '"args" is no list of texts'),
        ({"command": "sh", "arg": []}, 'unknown key "arg"'),
        ({"command": sys.prefix}, "no such executable"),
    ],
)
async def test_what_cannot_start_says_why(
    tmp_path: Path, reaper: Reaper, config: dict[str, Any], text: str
) -> None:
    plan = Launch(config, {"PATH": "/bin"}, tmp_path, tmp_path / "out", tmp_path / "err")
    with pytest.raises(DriverError, match=text):
        await RawExec(reaper).start(plan)


async def test_a_mock_runs_until_it_is_stopped(tmp_path: Path) -> None:
    running = await MockDriver().start(launch(tmp_path, ""))

    running.send(signal.SIGTERM)

    assert await asyncio.wait_for(running.wait(), 5) == Exit(0, signal.SIGTERM)


async def test_a_mock_can_end_by_itself(tmp_path: Path) -> None:
    running = await MockDriver().start(launch(tmp_path, "", run_for="10ms", exit_code=2))

    assert await asyncio.wait_for(running.wait(), 5) == Exit(2)


async def test_a_mock_needs_a_duration(tmp_path: Path) -> None:
    with pytest.raises(DriverError, match="invalid duration"):
        await MockDriver().start(launch(tmp_path, "", run_for="soon"))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_group_still_watched_is_killed_at_the_reapers_end(tmp_path: Path) -> None:
    import subprocess

    kept = subprocess.Popen(["sleep", "600"], start_new_session=True)
    dropped = subprocess.Popen(["sleep", "600"], start_new_session=True)
    reaper = Reaper()
    reaper.watch(kept.pid)
    reaper.watch(dropped.pid)
    reaper.release(kept.pid)

    reaper.close()

    assert dropped.wait(5) == -signal.SIGKILL
    assert kept.poll() is None
    kept.kill()
    kept.wait()
