"""Making sure that no task outlives the stand-in, however it ends."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_PROGRAM = Path(__file__).with_name("reaper_main.py")


class Reaper:
    """Tells a helper process which process groups to kill once this process is gone."""

    def __init__(self) -> None:
        self._helper: subprocess.Popen[bytes] | None = None

    def watch(self, process_group: int) -> None:
        """Have the group killed if it is still watched when this process ends."""
        if self._helper is None:
            self._helper = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._tell(f"+{process_group}\n")

    def release(self, process_group: int) -> None:
        """Forget a group that has ended."""
        self._tell(f"-{process_group}\n")

    def close(self) -> None:
        """End the helper; groups still watched are killed."""
        if self._helper is None:
            return
        if self._helper.stdin:
            with suppress(OSError):
                self._helper.stdin.close()
        self._helper.wait(10)
        self._helper = None

    def _tell(self, line: str) -> None:
        if self._helper and self._helper.stdin:
            with suppress(OSError):
                self._helper.stdin.write(line.encode())
                self._helper.stdin.flush()
