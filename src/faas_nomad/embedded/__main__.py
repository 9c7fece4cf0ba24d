"""`python -m faas_nomad.embedded --port N`: the stand-in as a process of its own.

It stops its tasks and ends on SIGTERM and SIGINT, and when the process that started it is gone.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from faas_nomad.embedded.server import serve_embedded

PARENT_POLL_S = 1.0


def main() -> int:
    """Serve until told to stop; 0 then, 1 with a line of text when it cannot begin."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="faas-nomad-embedded-") as folder:
        Path(folder).chmod(0o711)  # a task may run as another user
        data_dir = Path(options.data_dir or folder)
        try:
            asyncio.run(_serve(options.host, options.port, data_dir, options.outlive_parent))
        except (OSError, ValueError) as err:
            print(f"the stand-in cannot serve: {err}", file=sys.stderr)
            return 1
    return 0


def _wait_for_children_without_threads() -> None:
    """Have Python 3.11 learn of children's ends as 3.12 does; by default it takes a thread each."""
    if sys.version_info < (3, 12) and hasattr(os, "pidfd_open"):
        watcher = asyncio.PidfdChildWatcher()
        watcher.attach_loop(asyncio.get_running_loop())
        asyncio.set_child_watcher(watcher)


async def _serve(host: str, port: int, data_dir: Path, outlive_parent: bool) -> None:
    _wait_for_children_without_threads()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    async with serve_embedded(host, port, data_dir) as server:
        print(f"stand-in for Nomad at {server.address}, files in {data_dir}", flush=True)
        await _until_stopped(stop, 0 if outlive_parent else os.getppid())


async def _until_stopped(stop: asyncio.Event, parent: int) -> None:
    """Return when told to stop, or when `parent` (0 for none) is our parent no more."""
    while not stop.is_set() and (not parent or os.getppid() == parent):
        with suppress(TimeoutError):
            async with asyncio.timeout(PARENT_POLL_S):
                await stop.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m faas_nomad.embedded",
        description="A stand-in for Nomad for development and tests. It keeps nothing.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to serve on")
    parser.add_argument("--port", type=int, default=4646, help="port, 0 for any free one")
    parser.add_argument("--data-dir", default="", help="folder for tasks' files; a temporary one")
    parser.add_argument(
        "--outlive-parent", action="store_true", help="go on when the starting process is gone"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
