"""Log lines to stderr, one each, and the function's own lines on their way there.

A line of the watchdog is dropped, and counted, when nobody reads; a function's lines are not: it
waits in its write until they are read.
"""

from __future__ import annotations

import os
import select
import time

from .loop import READ, Loop, Wait

PAUSE_S = 0.05  # between looks at a log that nobody reads
LINE_LIMIT = 4000  # below PIPE_BUF, so that a line is written whole or not at all

_lost = 0
_stamp = (0, "")


def log(text: str) -> None:
    """Write one line, with the date in front; never waits."""
    global _lost
    line = text.replace("\n", " ").replace("\r", " ")
    if not _writable(2):
        _lost += 1
        return
    if _lost:
        line = f"({_lost} lines lost before this one) {line}"
        _lost = 0
    os.write(2, f"{_now()} {line}"[:LINE_LIMIT].encode("utf-8", "replace")[:LINE_LIMIT] + b"\n")


def _now() -> str:
    global _stamp
    now = int(time.time())
    if now != _stamp[0]:
        _stamp = (now, time.strftime("%Y/%m/%d %H:%M:%S"))
    return _stamp[1]


def _writable(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(0))


async def forward_lines(source: int, target: int, name: str, limit: int, loop: Loop) -> None:
    """Copy the lines that arrive at `source` to `target`, each behind the date and `name`.

    Ends, and closes `source`, at its end. Lines longer than `limit` are broken there.
    """
    held = bytearray()
    while await Wait({source: READ}):
        data = os.read(source, 65536)
        held += data
        lines = take_lines(held, limit, end=not data)
        await _write_all(
            target,
            b"".join(b"%s %s: %s\n" % (_now().encode(), name.encode(), line) for line in lines),
        )
        if not data:
            loop.forget(source)
            os.close(source)
            return


def take_lines(held: bytearray, limit: int, *, end: bool) -> list[bytes]:
    """Take the whole lines off `held`, or all of it at the `end`; none longer than `limit`."""
    *whole, rest = held.split(b"\n")
    held[:] = rest
    if end and rest:
        whole.append(rest)
        held.clear()
    lines = [
        bytes(line[at : at + limit]) for line in whole for at in range(0, max(1, len(line)), limit)
    ]
    while len(held) >= limit:
        lines.append(bytes(held[:limit]))
        del held[:limit]
    return lines


async def _write_all(target: int, data: bytes) -> None:
    """Write `data` a pipe's worth at a time, each when there is room for it."""
    for at in range(0, len(data), LINE_LIMIT):
        while not _writable(target):
            await Wait({}, time.monotonic() + PAUSE_S)
        os.write(target, data[at : at + LINE_LIMIT])
