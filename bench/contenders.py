"""The proxies and the backend: how each is built and started."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LISTENING_WITHIN_S = 20.0
_HAPROXY_RETRIES = (
    "    option redispatch 1",
    "    retry-on conn-failure empty-response",
    "    http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE }",
)
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


@dataclass(frozen=True)
class Care:
    """What a proxy is told to grant and to do, where it can be told."""

    head_s: float = 60.0
    """A request's head."""
    answer_s: float = 60.0
    """A function's answer."""
    retries: bool = False
    """Requests that may be repeated are, which costs HAProxy a copy of each."""


LEAN = Care()


@contextmanager
def contender(
    who: str,
    functions: Sequence[str],
    binaries: Path,
    pin: Sequence[str],
    care: Care = LEAN,
) -> Iterator[Running]:
    """Run the proxy `who` before a function with replicas at `functions`, each host:port.

    Those of ours take one replica.

    Raises:
        UnavailableError: It is not there, or does not start.
    """
    with ExitStack() as stack:
        for last in (False, False, True):  # another program may be quicker to take the port
            port = _free_port()
            command, environment = _command(who, port, functions, binaries, bool(pin), care)
            try:
                running = stack.enter_context(_started(command, port, pin, environment))
            except UnavailableError:
                if last:
                    raise
            else:
                break
        yield running


def _command(
    who: str, port: int, functions: Sequence[str], binaries: Path, is_pinned: bool, care: Care
) -> tuple[list[str], dict[str, str]]:
    """Return what to run, and with which environment beside the usual one."""
    environment: dict[str, str] = {}
    if who == "sdk":
        limits = ["-read", f"{care.answer_s}s", "-write", f"{care.answer_s + 1}s"]
        listen = ["-port", str(port), "-functions", ",".join(functions)]
        command = [str(binaries / "sdkproxy"), *listen, *limits]
    elif who == "haproxy":
        servers = binaries / f"servers-{port}.cfg"
        servers.write_text(_servers(functions, care))
        command = [_program("haproxy"), "-db", "-f", str(HERE / "haproxy.cfg"), "-f", str(servers)]
        environment = {
            "PORT": str(port),
            "THREADS": "1" if is_pinned else str(os.cpu_count()),
            "HEAD_TIME": f"{care.head_s * 1000:.0f}ms",
            "ANSWER_TIME": f"{care.answer_s * 1000:.0f}ms",
        }
    else:
        command = [sys.executable, str(HERE / SCRIPTS[who]), str(port), functions[0]]
        environment = {"PYTHONPATH": str(HERE.parent / "src")}
    return command, environment


def _servers(functions: Sequence[str], care: Care) -> str:
    lines = (f"    server r{n} {f} pool-max-conn -1" for n, f in enumerate(functions))
    repeat = _HAPROXY_RETRIES if care.retries else ()
    return "\n".join(["backend functions", *repeat, *lines, ""])


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
