"""The process that outlives the stand-in just long enough to end its tasks.

It is told process groups on its standard input (`+PGID`, `-PGID`, a line each); when that closes,
by a clean end or by a kill of the stand-in, it kills the groups that are left. Run by its path,
with nothing but the standard library.
"""

import contextlib
import os
import signal
import sys


def main() -> None:
    """Follow the input to its end, then kill what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
