"""A worker as a process of the service: started with a socket to it, waited for, killed."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from contextlib import suppress

_PASSED_ON = ("PATH", "HOME", "TMPDIR", "TZ", "LANG", "LD_LIBRARY_PATH")
_PASSED_ON_PREFIXES = ("PYTHON", "LC_", "OTEL_")


def worker_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a worker needs of `environ`; pure.

    Tokens and passwords are not for it, but those by which it exports its own spans.
    """
    return {
        name: value
        for name, value in environ.items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }


async def start_worker() -> tuple[Process, socket.socket]:
    """Start a worker; return it and our end of the sockets."""
    ours, theirs = socket.socketpair()
    fd = theirs.fileno()
    command = [sys.executable, "-P", "-m", "faas_nomad.workers", str(fd)]
    try:
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, pass_fds=(fd,), env=worker_environment(os.environ)
            )
    except BaseException:
        ours.close()
        raise
    return process, ours


async def exit_code(process: Process, within_s: float) -> int | None:
    """Return it; None when the process has not ended by itself in time."""
    try:
        async with asyncio.timeout(within_s):
            return await process.wait()
    except TimeoutError:
        return None


def terminate(process: Process) -> None:
    """Let the process end what is under way, if it has not ended."""
    with suppress(ProcessLookupError):
        process.terminate()


def kill(process: Process) -> None:
    """End the process at once, if it has not ended."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
