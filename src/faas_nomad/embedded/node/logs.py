"""Reading a task's log file, once or as it grows, and keeping it from growing for ever."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

CHUNK_BYTES = 64 * 1024
POLL_S = 0.25
HEARTBEAT_S = 1.0
"""Nomad's heartbeat on framed log streams."""


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What part of the log is asked for, and in what form."""

    offset: int = 0
    from_end: bool = False
    follow: bool = False
    plain: bool = False


async def read_log(file: Path, query: LogQuery) -> AsyncIterator[bytes]:
    """Yield the log; a followed one never ends by itself.

    Framed, the default, is a series of JSON objects without anything between them.
    """
    size = await asyncio.to_thread(_size, file)
    position = max(0, size - query.offset) if query.from_end else query.offset
    silent_s = 0.0
    while True:
        data = await asyncio.to_thread(_read, file, position)
        if data:
            position, silent_s = position + len(data), 0.0
            yield data if query.plain else _frame(file, data, position)
        elif not query.follow:
            return
        else:
            silent_s += POLL_S
            if silent_s >= HEARTBEAT_S and not query.plain:
                silent_s = 0.0
                yield b"{}"
            await asyncio.sleep(POLL_S)
            position = min(position, await asyncio.to_thread(_size, file))


def shorten(file: Path, limit_bytes: int) -> None:
    """Cut a file that grew over the limit to its last half, in place: its writer appends."""
    size = _size(file)
    if size <= limit_bytes:
        return
    with file.open("r+b") as log:
        log.seek(size - limit_bytes // 2)
        kept = log.read(limit_bytes // 2)
        log.truncate(0)
        log.seek(0)
        log.write(kept)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _read(file: Path, position: int) -> bytes:
    if not file.exists():
        return b""
    with file.open("rb") as log:
        log.seek(position)
        return log.read(CHUNK_BYTES)


def _frame(file: Path, data: bytes, end: int) -> bytes:
    name = f"alloc/logs/{file.name}"
    frame = {"Data": base64.b64encode(data).decode(), "File": name, "Offset": end}
    return json.dumps(frame, separators=(",", ":")).encode()
