"""Starting, watching and killing the function's processes.

posix_spawn is used as it is: with vfork underneath it costs a small part of what fork does in a
large process, and importing subprocess would cost every start 10 ms. Each process leads its own
group, which is killed as a whole.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

from .loop import NEVER, READ, Loop, Wait

POLL_S = 0.005  # between looks at a process where there is no pidfd (Linux before 5.3, BSD)

IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)  # would stay ignored in the child


class Child:
    """A running process; `code` is its exit status once it has been collected (-n: signal n)."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None

    def poll(self) -> bool:
        """Tell whether the process has ended, and collect it."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def signal(self, number: int) -> None:
        """Send a signal to the whole group, as long as the process has not been collected."""
        if self.code is None:
            with contextlib.suppress(OSError):  # it ended just now
                os.killpg(self.pid, number)

    def kill(self, loop: Loop) -> None:
        """Kill the whole group, and see to it that the process is collected."""
        self.signal(signal.SIGKILL)
        if not self.poll():
            loop.spawn(self.wait(NEVER, loop))

    async def wait(self, until: float, loop: Loop) -> bool:
        """Wait for its end; False when `until` (monotonic) comes first."""
        pidfd = -1
        if not self.poll():
            pidfd = _pidfd(self.pid)
        try:
            while not self.poll() and time.monotonic() < until:
                if pidfd >= 0:
                    await Wait({pidfd: READ}, until)
                else:
                    await Wait({}, min(until, time.monotonic() + POLL_S))
        finally:
            if pidfd >= 0:
                loop.forget(pidfd)
                os.close(pidfd)
        return self.code is not None


def _pidfd(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1


def spawn(argv: list[str], env: dict[bytes, bytes], stdio: tuple[int, int, int]) -> Child:
    """Start `argv` (its first word a path) with these three as its standard descriptors.

    Raises:
        OSError: It cannot be started.
    """
    actions = [(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(stdio) if fd != target]
    pid = os.posix_spawn(
        argv[0], argv, env, file_actions=actions, setpgroup=0, setsigdef=IGNORED_BY_PYTHON
    )
    return Child(pid)


def find_program(name: str, path: str) -> str | None:
    """Return the path of the program `name`, looked for in `path` unless it has a slash."""
    places = [name] if "/" in name else [f"{place or '.'}/{name}" for place in path.split(":")]
    for place in places:
        if os.path.isfile(place) and os.access(place, os.X_OK):
            return place
    return None


def ending(code: int | None) -> str:
    """Return in words how a process ended."""
    return f"was killed by signal {-code}" if code and code < 0 else f"exited with status {code}"
