"""The proxies and the backend: how each is built and started."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LISTENING_WITHIN_S = 20.0
SCRIPTS = {
    "ours": "ours.py",
    "ours2": "ours_workers.py",
    "service": "service.py",
    "natural": "natural.py",
}


class UnavailableError(Exception):
    """A contender cannot be started here, for the reason given."""


@dataclass(frozen=True)
class Running:
    """A started program."""

    pid: int
    port: int


@contextmanager
def backend(binaries: Path, pin: Sequence[str]) -> Iterator[Running]:
    """Run the function behind all proxies."""
    port = _free_port()
    command = [str(binaries / "backend"), "-listen", f"127.0.0.1:{port}"]
    with _started(command, port, pin) as running:
        yield running


@contextmanager
def contender(name: str, function: str, binaries: Path, pin: Sequence[str]) -> Iterator[Running]:
    """Run the proxy `name` before the function at `function`, host:port.

    Raises:
        UnavailableError: It is not there, or does not start.
    """
    port = _free_port()
    environment: dict[str, str] = {}
    if name == "sdk":
        command = [str(binaries / "sdkproxy"), "-port", str(port), "-function", function]
    elif name == "haproxy":
        command = [_program("haproxy"), "-db", "-f", str(HERE / "haproxy.cfg")]
        threads = "1" if pin else str(os.cpu_count())
        environment = {"PORT": str(port), "FUNCTION": function, "THREADS": threads}
    else:
        command = [sys.executable, str(HERE / SCRIPTS[name]), str(port), function]
        environment = {"PYTHONPATH": str(HERE.parent / "src")}
    with _started(command, port, pin, environment) as running:
        yield running


def build(binaries: Path) -> None:
    """Build the Go programs into `binaries`.

    Raises:
        UnavailableError: There is no Go, or they do not build.
    """
    built = subprocess.run(
        [_program("go"), "build", "-o", f"{binaries}/", "./backend", "./sdkproxy"],
        cwd=HERE / "peers",
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
    )
    if built.returncode != 0:
        raise UnavailableError(f"the Go programs do not build: {built.stderr.strip()[-500:]}")


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise UnavailableError(f"{name} is not on PATH")
    return found


@contextmanager
def _started(
    command: Sequence[str],
    port: int,
    pin: Sequence[str],
    environment: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    process = subprocess.Popen(
        [*pin, *command],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_port(process, port)
        yield Running(process.pid, port)
    finally:
        process.terminate()
        process.wait(10)


def _await_port(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline_s = time.monotonic() + LISTENING_WITHIN_S
    while time.monotonic() < deadline_s and process.poll() is None:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise UnavailableError(f"it does not listen (exit code {process.poll()})")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
