"""What gets into the cache is whole, be it a file or a folder."""

import errno
import os
from pathlib import Path

import pytest

from faas_nomad.tools.errors import WayError
from faas_nomad.tools.staging import staged


def fill(cached: Path, failure: Exception | None = None) -> None:
    """Put an empty folder where `cached` is to be, or fail in the middle of it."""
    with staged(cached) as folder:
        folder.mkdir()
        if failure is not None:
            raise failure


def test_a_folder_moves_into_the_cache_whole_without_what_lay_beside_it(tmp_path: Path) -> None:
    cached = tmp_path / "zig" / "0.17.0"

    with staged(cached) as folder:
        (folder / "lib").mkdir(parents=True)
        (folder / "lib" / "a.h").write_text("a")
        folder.with_name("zig.whl").write_text("archive")
        assert not cached.exists()

    assert (cached / "lib" / "a.h").read_text() == "a"
    assert list(cached.parent.iterdir()) == [cached]


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    cached = tmp_path / "zig" / "0.17.0"

    with pytest.raises(WayError, match="cut off"):
        fill(cached, WayError("cut off"))

    assert list(cached.parent.iterdir()) == []


def test_a_full_disk_is_told_in_one_line(tmp_path: Path) -> None:
    cached = tmp_path / "zig" / "0.17.0"

    with pytest.raises(WayError, match=r"0\.17\.0 cannot be written \(No space left on device\)"):
        fill(cached, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    assert list(cached.parent.iterdir()) == []


def test_what_cannot_be_moved_is_told_in_one_line(tmp_path: Path) -> None:
    cached = tmp_path / "zig" / "0.17.0"
    cached.mkdir(parents=True)
    (cached / "of-someone").touch()

    with pytest.raises(WayError, match=r"0\.17\.0 cannot be written \(Directory not empty\)"):
        fill(cached)

    assert list(cached.parent.iterdir()) == [cached]
