"""A changed certificate is loaded once, a bad one is told and tried again when it changes."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from faas_nomad.tasks.certificate_watch import follow_certificate


class StopError(Exception):
    pass


async def followed(
    files: tuple[Path, ...], load: Callable[[], None], steps: list[Callable[[], object]]
) -> list[str]:
    """Let each step change the files between two looks; return what was logged."""
    left = iter(steps)

    async def sleep(_s: float) -> None:
        await asyncio.sleep(0)
        for step in left:
            step()
            return
        raise StopError

    with structlog.testing.capture_logs() as logs, pytest.raises(StopError):
        await follow_certificate(files, load, sleep)
    return [str(line["log_level"]) for line in logs]


async def test_files_are_loaded_when_they_change(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert", tmp_path / "key"
    cert.write_text("1")
    key.write_text("1")
    loads: list[int] = []

    def load() -> None:
        loads.append(1)
        if len(loads) == 1:
            raise OSError("the key does not fit")

    said = await followed(
        (cert, key),
        load,
        [
            lambda: None,
            lambda: cert.write_text("22"),
            lambda: None,
            lambda: os.replace(_made(tmp_path, "new"), key),
            lambda: None,
        ],
    )

    assert (len(loads), said) == (2, ["error", "info"])


async def test_a_file_that_is_gone_for_a_moment_ends_nothing(tmp_path: Path) -> None:
    cert = tmp_path / "cert"
    cert.write_text("1")
    loads: list[int] = []

    await followed((cert,), lambda: loads.append(1), [cert.unlink, lambda: cert.write_text("1")])

    assert len(loads) == 2


def _made(folder: Path, text: str) -> Path:
    file = folder / "made"
    file.write_text(text)
    return file
