"""Fetching a task's artifacts: over http(s) or from a file, checked, unpacked when asked.

Source: nomad's artifact block; of go-getter's sources only these two kinds are here.
"""

import asyncio
import hashlib
import shutil
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import httpx

MAX_BYTES = 2 * 1024**3
TIMEOUT_S = 1800.0
"""Nomad's `http_read_timeout` for artifacts."""
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")


class ArtifactError(Exception):
    """The artifact cannot be had; the text says why."""


async def fetch_artifact(artifact: Mapping[str, Any], target: Path) -> None:
    """Put the artifact at `target`, a file or a folder as its mode says.

    Raises:
        ArtifactError: It cannot be read, is too large, or its checksum is another.
    """
    source = str(artifact["GetterSource"])
    name = PurePosixPath(urlsplit(source).path).name or "artifact"
    mode = artifact.get("GetterMode") or "any"
    await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
    partial = target.parent / f".{name}.partial"
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await _download(source, partial)
        checksum = (artifact.get("GetterOptions") or {}).get("checksum")
        await asyncio.to_thread(_place, partial, target, name, mode, checksum)
    except (OSError, httpx.HTTPError, tarfile.TarError, zipfile.BadZipFile) as err:
        raise ArtifactError(f"{source}: {type(err).__name__} {err}") from err
    finally:
        await asyncio.to_thread(partial.unlink, missing_ok=True)


async def _download(source: str, partial: Path) -> None:
    parts = urlsplit(source)
    if parts.scheme in ("", "file"):
        await asyncio.to_thread(shutil.copyfile, parts.path, partial)
        return
    if parts.scheme not in ("http", "https"):
        raise ArtifactError(f"{source}: the stand-in fetches http, https and files only")
    async with (
        httpx.AsyncClient(follow_redirects=True, timeout=60.0) as client,
        client.stream("GET", source) as response,
    ):
        if not response.is_success:
            raise ArtifactError(f"{source}: bad response code: {response.status_code}")
        received = 0
        with partial.open("wb") as file:
            async for piece in response.aiter_bytes():
                received += len(piece)
                if received > MAX_BYTES:
                    raise ArtifactError(f"{source}: more than {MAX_BYTES} bytes")
                file.write(piece)


def _place(partial: Path, target: Path, name: str, mode: str, checksum: str | None) -> None:
    if checksum:
        _verify(partial, checksum)
    is_archive = name.endswith(_ARCHIVES)
    if mode == "file":
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(partial, target)
        return
    target.mkdir(parents=True, exist_ok=True)
    if is_archive:
        _unpack(partial, target, name)
    elif mode == "dir":
        raise ArtifactError(f"{name} is no archive, so it cannot become a folder")
    else:
        shutil.copyfile(partial, target / name)


def _verify(partial: Path, checksum: str) -> None:
    kind, _, wanted = checksum.partition(":")
    with partial.open("rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    if found.lower() != wanted.lower():
        raise ArtifactError(f"Checksums did not match. Expected: {wanted}, got: {found}")


def _unpack(archive: Path, target: Path, name: str) -> None:
    if name.endswith(".zip"):
        with zipfile.ZipFile(archive) as zipped:
            _check_size(sum(info.file_size for info in zipped.infolist()), name)
            zipped.extractall(target)  # noqa: S202 - zipfile keeps members inside the folder
        return
    with tarfile.open(archive) as tar:
        _check_size(sum(member.size for member in tar), name)
        tar.extractall(target, filter="data")


def _check_size(size: int, name: str) -> None:
    if size > MAX_BYTES:
        raise ArtifactError(f"{name} unpacks to {size} bytes, more than {MAX_BYTES}")
