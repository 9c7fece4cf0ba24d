"""A watchdog that runs, and a client that speaks to it in bytes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.ports import free_port
from support.waiting import wait_until

WITHIN_S = 10.0
QUICK = {"healthcheck_interval": "1ms", "bind_address": "127.0.0.1"}


@dataclass(frozen=True)
class Answer:
    """A response as it was received; `body` is without its framing."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """A connection that says bytes and reads answers strictly; a short one is an error."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self.sock.makefile("rb")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        self._reader.close()
        self.sock.close()

    def say(self, text: str | bytes) -> None:
        self.sock.sendall(text.encode("latin-1") if isinstance(text, str) else text)

    def line(self) -> bytes:
        return self._reader.readline()

    def read(self, size: int) -> bytes:
        return self._reader.read(size)

    def is_closed(self) -> bool:
        """Wait for the end of the connection; False if bytes come instead."""
        try:
            return self._reader.read(1) == b""
        except ConnectionResetError:
            return True

    def head(self) -> tuple[int, dict[str, str]]:
        status_line = self.line()
        assert status_line.startswith(b"HTTP/1.1 "), status_line
        headers = {}
        while (line := self.line()) != b"\r\n":
            name, _, value = line.decode("latin-1").partition(":")
            assert name.lower() not in headers, f"twice: {name}"
            headers[name.lower()] = value.strip()
        return int(status_line.split()[1]), headers

    def chunk(self) -> bytes:
        size = int(self.line(), 16)
        data = self.read(size)
        assert len(data) == size, "cut in a chunk"
        assert self.line() == b"\r\n"
        return data

    def answer(self, method: str = "GET") -> Answer:
        status, headers = self.head()
        body = b""
        if method == "HEAD" or status == 204:
            pass
        elif headers.get("transfer-encoding") == "chunked":
            while data := self.chunk():
                body += data
        elif "content-length" in headers:
            body = self.read(int(headers["content-length"]))
            assert len(body) == int(headers["content-length"]), "cut"
        else:
            body = self._reader.read()
        return Answer(status, headers, body)

    def ask(
        self, path: str = "/", method: str = "GET", body: bytes | None = None, headers: str = ""
    ) -> Answer:
        """Send one request and return its answer; `headers` are lines that end in CRLF."""
        length = "" if body is None else f"Content-Length: {len(body)}\r\n"
        self.say(f"{method} {path} HTTP/1.1\r\nHost: f\r\n{length}{headers}\r\n")
        if body:
            self.say(body)
        return self.answer(method)


class RunningWatchdog:
    """A watchdog process."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
        self.process = process
        self.port = port
        self.folder = folder
        self.log_file = folder / "log"
        self.lock_file = folder / "tmp" / ".lock"

    def client(self) -> Client:
        return Client(self.port)

    def ask(
        self, path: str = "/", method: str = "GET", body: bytes | None = None, headers: str = ""
    ) -> Answer:
        """Ask on a connection of its own."""
        with self.client() as client:
            return client.ask(path, method, body, headers)

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def wait_for_log(self, text: str) -> None:
        wait_until(lambda: text in self.log(), f"{text!r} in the log", WITHIN_S)

    def listens(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=WITHIN_S).close()
        except ConnectionRefusedError:
            return False
        return True

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def exit_status(self) -> int:
        return self.process.wait(WITHIN_S)


Start = Callable[..., RunningWatchdog]
"""The fixture `start`: environment names → a running watchdog."""


@contextmanager
def watchdog(
    zipapp: Path,
    folder: Path,
    environment: Mapping[str, str],
    python: Sequence[str] = (sys.executable, "-I", "-S"),
    stderr: int | None = None,
) -> Iterator[RunningWatchdog]:
    """Run a watchdog; wait until it listens, unless `starts` in `environment` is `no`.

    At the end it is asked to stop, and has to.
    """
    port = free_port()
    (folder / "tmp").mkdir(exist_ok=True)
    inherited = {"PATH": os.environ["PATH"], "TMPDIR": str(folder / "tmp"), "port": str(port)}
    wanted = {name: value for name, value in environment.items() if name != "starts"}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*python, str(zipapp)], stderr=stderr or log, stdout=log, env=inherited | QUICK | wanted
        )
    running = RunningWatchdog(process, port, folder)
    try:
        if environment.get("starts") != "no":
            wait_until(running.listens, "the watchdog listens", WITHIN_S)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(WITHIN_S)
        finally:
            process.kill()
            process.wait()


def is_running(pid: int) -> bool:
    """Tell whether a process runs, zombies not counted."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def pid_in(path: Path) -> int:
    """Return the process id that a function has written to `path`."""
    wait_until(lambda: path.exists() and path.read_text().strip(), f"{path} is written", WITHIN_S)
    return int(path.read_text())


def wait_gone(pid: int) -> None:
    """Wait until the process is no more, or a zombie."""
    wait_until(lambda: not is_running(pid), f"process {pid} is gone", WITHIN_S)


def script(folder: Path, text: str) -> str:
    """Return the fprocess that runs this shell script."""
    path = folder / "function.sh"
    path.write_text(text)
    return f"sh {path}"
