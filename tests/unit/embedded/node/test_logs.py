"""Reading and shortening logs."""

import asyncio
import base64
import json
from pathlib import Path

from faas_nomad.embedded.node.logs import CHUNK_BYTES, LogQuery, read_log, shorten


async def whole(file: Path, query: LogQuery) -> bytes:
    return b"".join([piece async for piece in read_log(file, query)])


async def test_a_log_is_read_from_either_end(tmp_path: Path) -> None:
    file = tmp_path / "fn.stdout.0"
    file.write_bytes(b"0123456789")

    assert await whole(file, LogQuery(plain=True)) == b"0123456789"
    assert await whole(file, LogQuery(offset=7, plain=True)) == b"789"
    assert await whole(file, LogQuery(offset=3, from_end=True, plain=True)) == b"789"
    assert await whole(file, LogQuery(offset=99, from_end=True, plain=True)) == b"0123456789"
    assert await whole(file, LogQuery(offset=99, plain=True)) == b""


async def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert await whole(tmp_path / "none", LogQuery(plain=True)) == b""


async def test_frames_stand_side_by_side(tmp_path: Path) -> None:
    file = tmp_path / "fn.stdout.0"
    content = bytes(range(256)) * (CHUNK_BYTES // 128)
    file.write_bytes(content)

    text = (await whole(file, LogQuery())).decode()
    first, end = json.JSONDecoder().raw_decode(text)
    second, _ = json.JSONDecoder().raw_decode(text[end:])

    data = base64.b64decode(first["Data"]) + base64.b64decode(second["Data"])
    assert data == content
    assert (first["Offset"], second["Offset"]) == (CHUNK_BYTES, 2 * CHUNK_BYTES)


async def test_a_followed_log_brings_what_is_added(tmp_path: Path) -> None:
    file = tmp_path / "fn.stdout.0"
    file.write_bytes(b"one")
    reading = read_log(file, LogQuery(follow=True, plain=True))

    assert await anext(reading) == b"one"
    with file.open("ab") as log:
        log.write(b"two")
    assert await asyncio.wait_for(anext(reading), 5) == b"two"


async def test_a_framed_log_that_is_followed_has_heartbeats(tmp_path: Path) -> None:
    reading = read_log(tmp_path / "none", LogQuery(follow=True))

    assert await asyncio.wait_for(anext(reading), 5) == b"{}"


def test_a_long_log_keeps_its_end(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"a" * 50 + b"b" * 50)

    shorten(file, 100)
    assert file.stat().st_size == 100
    shorten(file, 60)
    assert file.read_bytes() == b"b" * 30
    shorten(tmp_path / "none", 60)
