"""The bytes of a task's output → lines, the time of each, and the messages they become. Pure.

Nomad keeps outputs as plain files and tells no times (nomad `client/fs_endpoint.go`). A line that
was written before anyone read along has the time that it carries at its head, as watchdogs and
most loggers write it; one without has that of the next line that carries one, and otherwise the
time of reading or of the task's end. So a line is never said to be older than it is, and `since`
leaves out only what is known to be older.
"""

import json
import re
from calendar import timegm

NS_PER_S = 1_000_000_000
_TIME = re.compile(
    rb"[\[(]?(\d{4})([-/])(\d\d)\2(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?"
    rb"(Z|[+-]\d\d:?\d\d)?"
)


class LineSplitter:
    """Cuts a stream of bytes into lines without their ends; longer ones are broken at the limit."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held = bytearray()

    def take(self, data: bytes) -> list[bytes]:
        """Return the lines that `data` completes."""
        *whole, rest = data.split(b"\n")
        if whole:
            whole[0] = bytes(self._held) + whole[0]
            self._held = bytearray(rest)
        else:
            self._held += rest
        lines = [piece for line in whole for piece in self._pieces(line)]
        while len(self._held) >= self._max_bytes:
            lines.append(bytes(self._held[: self._max_bytes]))
            del self._held[: self._max_bytes]
        return lines

    def rest(self) -> list[bytes]:
        """Return what is left when no more will come."""
        line, self._held = bytes(self._held), bytearray()
        return [line] if line else []

    def _pieces(self, line: bytes) -> list[bytes]:
        line = line.removesuffix(b"\r")
        if len(line) <= self._max_bytes:
            return [line]
        return [line[at : at + self._max_bytes] for at in range(0, len(line), self._max_bytes)]


def without_partial_line(data: bytes, asked_bytes: int) -> bytes:
    """Return the end of an output, `asked_bytes` of it, without the line that it begins within."""
    if len(data) < asked_bytes:
        return data
    return data[data.find(b"\n") + 1 :]


def own_time_ns(line: bytes, earliest_ns: int, latest_ns: int) -> int | None:
    """Return the Unix time at the head of `line`; None when there is none, or one out of bounds.

    Without a zone it is UTC, as in containers.
    """
    found = _TIME.match(line)
    if found is None:
        return None
    year, _, month, day, hour, minute, second, fraction, zone = found.groups()
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31 and int(hour) < 24 and int(minute) < 60):
        return None
    whole_s = timegm((int(year), int(month), int(day), int(hour), int(minute), int(second)))
    time_ns = (whole_s - _offset_s(zone)) * NS_PER_S + int((fraction or b"").ljust(9, b"0"))
    # Times are mostly of whole seconds: one of the second of the start is as good.
    return time_ns if earliest_ns - NS_PER_S < time_ns <= latest_ns + NS_PER_S else None


def history_times_ns(lines: list[bytes], earliest_ns: int, latest_ns: int) -> list[int]:
    """Return the times of the lines of one output, which never fall; see the module."""
    times: list[int] = []
    next_ns = latest_ns
    for line in reversed(lines):
        own_ns = own_time_ns(line, earliest_ns, latest_ns)
        if own_ns is not None:
            next_ns = max(earliest_ns, min(own_ns, next_ns))
        times.append(next_ns)
    times.reverse()
    return times


def message_head(name: str, namespace: str, instance: str) -> bytes:
    """Return the beginning of every message of one replica, for `message`."""
    said = {"name": name, "namespace": namespace, "instance": instance}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))[:-1].encode()


def message(head: bytes, timestamp: str, line: bytes) -> bytes:
    """Return a line as an OpenFaaS log message: one JSON object and a newline."""
    text = json.dumps(line.decode("utf-8", "replace"), ensure_ascii=False)
    return b'%b,"timestamp":"%b","text":%b}\n' % (head, timestamp.encode(), text.encode())


def _offset_s(zone: bytes | None) -> int:
    if zone in (None, b"Z"):
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return -seconds if zone.startswith(b"-") else seconds
