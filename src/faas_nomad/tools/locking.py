"""One process at a time fetches or builds a program; the others wait and then find it."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from faas_nomad.tools.errors import WayError
from faas_nomad.tools.progress import Progress

LOCK_WAIT_S = 3600.0  # longer than the longest build
RETRY_S = 0.2


@contextmanager
def exclusive(
    lock: Path,
    progress: Progress,
    wait_s: float = LOCK_WAIT_S,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold `lock` (created with its folders) while the block runs.

    The kernel lets go of it when the process ends, however it ends.

    Raises:
        WayError: The file cannot be written, or another process held it for `wait_s`.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as err:
        raise WayError(
            f"{lock.parent} cannot be written ({err.strerror}); set XDG_CACHE_HOME"
        ) from err
    try:
        _wait_for(handle, lock, progress, wait_s, sleep)
        yield
    finally:
        os.close(handle)


def _wait_for(
    handle: int, lock: Path, progress: Progress, wait_s: float, sleep: Callable[[float], None]
) -> None:
    started_s = progress.now_s()
    while not _try_lock(handle):
        waited_s = progress.now_s() - started_s
        if waited_s > wait_s:
            raise WayError(f"another process held {lock} for {waited_s:.0f} s")
        progress.show(f"another process is at it (lock {lock}); waiting, {waited_s:.0f} s")
        sleep(RETRY_S)
    progress.finish()


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
