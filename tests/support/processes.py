"""Programs that tests start: each with its log in a file, each stopped by its process id."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STOPPED_WITHIN_S = 20.0
_LOG_TAIL_CHARS = 3000


@dataclass(frozen=True)
class Child:
    """A running program and the file that its output goes to."""

    name: str
    process: "subprocess.Popen[bytes]"
    log_file: Path

    def check_alive(self) -> None:
        """Raise AssertionError with the end of the log when the program has ended."""
        code = self.process.poll()
        if code is not None:
            raise AssertionError(f"{self.name} ended with {code}:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """Return the end of what the program wrote."""
        return self.log_file.read_text(errors="replace")[-_LOG_TAIL_CHARS:]


@contextmanager
def running(
    name: str, command: Sequence[str], log_file: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """Run `command` until the block ends; `environment` replaces the present one."""
    with log_file.open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
    child = Child(name, process, log_file)
    try:
        yield child
    finally:
        stop(process)


def stop(process: "subprocess.Popen[Any]") -> None:
    """End the process with SIGTERM, after 20 s with SIGKILL, and wait for it."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def processes_of_allocation(allocation_id: str) -> list[int]:
    """Return the processes that run with this NOMAD_ALLOC_ID, in a container or not."""
    wanted = f"NOMAD_ALLOC_ID={allocation_id}".encode()
    return [pid for pid in _pids() if wanted in _environment_of(pid)]


def kill_allocation(allocation_id: str) -> None:
    """Kill all processes of an allocation at once, as a crash would."""
    pids = processes_of_allocation(allocation_id)
    assert pids, f"no process has NOMAD_ALLOC_ID={allocation_id}"
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def kill_all_of(folder: Path) -> None:
    """Kill every process whose command or environment names something in `folder`.

    A development agent that is stopped leaves its `raw_exec` tasks running, above all those which
    it was about to stop.
    """
    named = f"{folder}/".encode()
    for pid in _pids():
        entries = (_command_of(pid), *_environment_of(pid))
        if any(named in entry + b"/" for entry in entries):  # `TMPDIR=FOLDER` is all some have
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise AssertionError(f"process {pid} has no resident memory")


def connections_to(pid: int, port: int) -> int:
    """Return how many TCP connections the process has to that port of 127.0.0.1."""
    links = (_target_of(fd) for fd in Path(f"/proc/{pid}/fd").iterdir())
    ours = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    remote = f"0100007F:{port:04X}"
    established = "01"
    return sum(line[2] == remote and line[3] == established and line[9] in ours for line in lines)


def _target_of(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""  # closed meanwhile


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""  # ended meanwhile


def _environment_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []  # ended meanwhile, or another user's
