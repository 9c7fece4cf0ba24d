"""How a task is run: as a child process, or not at all.

`raw_exec` is Nomad's driver of that name without its executor; `mock_driver` starts nothing, so
that thousands of functions cost nothing. Its `run_for` (Go duration) ends it, without it it runs
until it is stopped.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from faas_nomad.embedded.durations import parse_duration_s
from faas_nomad.embedded.node.reaper import Reaper


class DriverError(Exception):
    """The task cannot be started; the text says why."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a task ended: its exit code, and the signal when that ended it."""

    code: int
    signal: int = 0


@dataclass(frozen=True, slots=True)
class Launch:
    """All that a driver needs to start a task."""

    config: Mapping[str, Any]
    environment: Mapping[str, str]
    folder: Path
    stdout: Path
    stderr: Path
    user: str = ""


class Running(Protocol):
    """A started task."""

    async def wait(self) -> Exit:
        """Return how it ended, once it has."""
        ...

    def send(self, signal_number: int) -> None:
        """Send it a signal; nothing happens when it has ended."""
        ...


class Driver(Protocol):
    """Starts tasks."""

    async def start(self, launch: Launch) -> Running:
        """Start a task. Raises: DriverError."""
        ...


class RawExec:
    """Starts child processes, each the leader of its own session."""

    def __init__(self, reaper: Reaper) -> None:
        self._reaper = reaper

    async def start(self, launch: Launch) -> Running:
        """Start the configured command. Raises: DriverError."""
        command, arguments = _command(launch)
        try:
            with launch.stdout.open("ab") as stdout, launch.stderr.open("ab") as stderr:
                process = await asyncio.create_subprocess_exec(
                    command,
                    *arguments,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    cwd=launch.folder,
                    env=dict(launch.environment),
                    start_new_session=True,
                    user=launch.user or None,
                )
        except (OSError, ValueError, LookupError) as err:
            raise DriverError(f"failed to launch command {command}: {err}") from err
        self._reaper.watch(process.pid)
        return _ChildProcess(process, self._reaper)


class _ChildProcess:
    """A child process with its group: what it leaves behind is killed when it ends."""

    def __init__(self, process: asyncio.subprocess.Process, reaper: Reaper) -> None:
        self._process = process
        self._reaper = reaper

    async def wait(self) -> Exit:
        code = await self._process.wait()
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._reaper.release(self._process.pid)
        return Exit(128 - code, -code) if code < 0 else Exit(code)

    def send(self, signal_number: int) -> None:
        with suppress(OSError):
            if signal_number == signal.SIGKILL:
                os.killpg(self._process.pid, signal_number)
            else:
                self._process.send_signal(signal_number)


class MockDriver:
    """Acts as if; for simulations."""

    async def start(self, launch: Launch) -> Running:
        """Return a task that is nothing but a future. Raises: DriverError for a bad `run_for`."""
        run_for = launch.config.get("run_for")
        try:
            seconds = parse_duration_s(run_for) if run_for else None
        except ValueError as err:
            raise DriverError(f"run_for: {err}") from err
        return _MockTask(seconds, int(launch.config.get("exit_code") or 0))


class _MockTask:
    def __init__(self, run_for_s: float | None, exit_code: int) -> None:
        loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Exit] = loop.create_future()
        if run_for_s is not None:
            loop.call_later(run_for_s, self._end, Exit(exit_code))

    async def wait(self) -> Exit:
        return await asyncio.shield(self._ended)

    def send(self, signal_number: int) -> None:
        self._end(Exit(0, signal_number))

    def _end(self, how: Exit) -> None:
        if not self._ended.done():
            self._ended.set_result(how)


def _command(launch: Launch) -> tuple[str, list[str]]:
    """Return the program and its arguments: below the task's folder, else by path or PATH."""
    command = launch.config.get("command")
    arguments = launch.config.get("args") or []
    if not isinstance(command, str) or not command:
        raise DriverError('failed to decode driver config: "command" is required')
    if not isinstance(arguments, list) or not all(isinstance(a, str) for a in arguments):
        raise DriverError('failed to decode driver config: "args" is no list of texts')
    unknown = set(launch.config) - {"command", "args", "cgroup_v2_override", "oom_score_adj"}
    if unknown:
        raise DriverError(f'failed to decode driver config: unknown key "{min(unknown)}"')
    own = launch.folder / command
    if not Path(command).is_absolute() and own.is_file():
        own.chmod(own.stat().st_mode | 0o755)
        return str(own), arguments
    found = shutil.which(command, path=launch.environment.get("PATH"))
    if found is None:
        raise DriverError(f"failed to launch command {command}: no such executable")
    return found, arguments
