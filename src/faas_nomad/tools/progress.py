"""Shows that a long step is alive: a line redrawn on a terminal, one now and then elsewhere."""

import time
from collections.abc import Callable
from typing import TextIO

BAR_WIDTH = 24
REDRAW_S = 0.1
LINE_S = 15.0  # a log that is read later needs a sign of life, not a film
TERMINAL_COLUMNS = 100
_MB = 1_000_000


def download_line(label: str, done_bytes: int, total_bytes: int | None, elapsed_s: float) -> str:
    """Return `LABEL [####....] 50 %  20.0/40.0 MB  4.0 MB/s`; no bar where no total is known."""
    speed = f"{done_bytes / _MB / max(elapsed_s, 0.001):.1f} MB/s"
    if not total_bytes:
        return f"{label} {done_bytes / _MB:.1f} MB  {speed}"
    share = min(1.0, done_bytes / total_bytes)
    bar = ("#" * int(share * BAR_WIDTH)).ljust(BAR_WIDTH, ".")
    amount = f"{done_bytes / _MB:.1f}/{total_bytes / _MB:.1f} MB"
    return f"{label} [{bar}] {share * 100:.0f} %  {amount}  {speed}"


def build_line(label: str, elapsed_s: float, packages: int, current: str) -> str:
    """Return `nomad 1.11.1 2:05  812 packages, now github.com/…`."""
    minutes, seconds = divmod(int(elapsed_s), 60)
    return f"{label} {minutes}:{seconds:02d}  {packages} packages, now {current or 'starting'}"


class Progress:
    """Writes single lines and one moving line to `out`; the moving one is at its pace by itself."""

    def __init__(self, out: TextIO, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock_s = clock_s
        self._redraws = out.isatty()
        self._next_s = float("-inf")
        self._drawn = False

    def now_s(self) -> float:
        """Return the clock that elapsed times are taken from."""
        return self._clock_s()

    def say(self, line: str) -> None:
        """Write `line` on a line of its own."""
        self._end_moving_line()
        print(line, file=self._out, flush=True)

    def show(self, line: str) -> None:
        """Show `line` as the moving line, unless the last one is too fresh to be replaced."""
        if self._clock_s() < self._next_s:
            return
        self._next_s = self._clock_s() + (REDRAW_S if self._redraws else LINE_S)
        if self._redraws:
            print(f"\r\x1b[K{line[:TERMINAL_COLUMNS]}", end="", file=self._out, flush=True)
            self._drawn = True
        else:
            print(line, file=self._out, flush=True)

    def finish(self) -> None:
        """End the moving line; the next one starts at once."""
        self._end_moving_line()
        self._next_s = float("-inf")

    def _end_moving_line(self) -> None:
        if self._drawn:
            print("\r\x1b[K", end="", file=self._out, flush=True)
            self._drawn = False
