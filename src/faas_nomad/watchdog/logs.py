"""Log lines to stderr, one each, and the function's own lines on their way there.

A line of the watchdog is dropped, and counted, when nobody reads; a function's lines are not: it
waits in its write until they are read.
"""

from __future__ import annotations

import contextlib
import os
import select
import time

from .loop import READ, Loop, Wait

PAUSE_S = 0.05  # between looks at a log that nobody reads
LOOK_AGAIN_S = 0.002  # between looks at whether the last lines are through
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
    _put(2, f"{_now()} {line}".encode("utf-8", "replace")[:LINE_LIMIT] + b"\n")


def _now() -> str:
    global _stamp
    now = int(time.time())
    if now != _stamp[0]:
        # Without a time of ours strftime asks a clock that turns its seconds some ms later.
        _stamp = (now, time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(now)))
    return _stamp[1]


def _put(fd: int, data: bytes) -> None:
    with contextlib.suppress(OSError):  # who reads the log may come and go
        os.write(fd, data)


def _writable(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(0))


class FunctionLogs:
    """The function's outputs on their way to the watchdog's own, a date and a name before a line.

    Lines longer than `limit` bytes are broken there.
    """

    def __init__(self, loop: Loop, limit: int) -> None:
        self._loop = loop
        self._limit = limit
        self._sinks: list[int] = []
        self._open = 0

    def open(self, name: str, target: int) -> int:
        """Return a descriptor for a function to write to; its lines go to `target`."""
        source, sink = os.pipe()
        os.set_blocking(source, False)
        self._sinks.append(sink)
        self._open += 1
        self._loop.spawn(self._forward(source, target, name.encode()))
        return sink

    async def finish(self, until: float) -> None:
        """Take no more writers, and wait for the last lines of those that there were."""
        while self._sinks:
            os.close(self._sinks.pop())
        while self._open and time.monotonic() < until:
            await Wait({}, min(until, time.monotonic() + LOOK_AGAIN_S))

    async def _forward(self, source: int, target: int, name: bytes) -> None:
        held = bytearray()
        data = b"-"
        while data:
            await Wait({source: READ})
            data = os.read(source, 65536)
            held += data
            lines = take_lines(held, self._limit, end=not data)
            stamp = _now().encode()
            await _write_all(
                target, b"".join(b"%b %b: %b\n" % (stamp, name, line) for line in lines)
            )
        self._loop.forget(source)
        os.close(source)
        self._open -= 1


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
        _put(target, data[at : at + LINE_LIMIT])
