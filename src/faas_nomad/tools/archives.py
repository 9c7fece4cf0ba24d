"""Takes files out of zip archives: only those asked for, below one folder, of bounded size.

Names are compared and joined, never handed to the archive's own extraction, and a symbolic link
comes out as a file that holds its target.
"""

import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from faas_nomad.tools.errors import WayError


def unpack_member(archive: Path, member: str, to: Path, limit_bytes: int) -> None:
    """Write the one file called exactly `member` to `to`; nothing else in `archive` is touched.

    Raises:
        WayError: It is no zip archive, has no such file, the file is over `limit_bytes`, or `to`
            cannot be written.
    """
    with _opened(archive) as opened:
        try:
            found = opened.getinfo(member)
        except KeyError as err:
            raise WayError(f"{archive.name} holds no file called {member}") from err
        if found.file_size > limit_bytes:
            raise WayError(
                f"{archive.name}: {member} has {found.file_size} bytes, over {limit_bytes}"
            )
        _write(opened, found, to)


def unpack_folder(
    archive: Path,
    folder: str,
    to: Path,
    *,
    wanted: Callable[[str], bool],
    limit_bytes: int,
    limit_files: int,
) -> None:
    """Write the files below `folder` whose name in it is `wanted` to the folder `to`.

    Raises:
        WayError: As for `unpack_member`, the bounds being on all of them together; or a name
            leads out of `to`.
    """
    with _opened(archive) as opened:
        members = {
            member.filename.removeprefix(f"{folder}/"): member
            for member in opened.infolist()
            if member.filename.startswith(f"{folder}/") and not member.is_dir()
        }
        chosen = {name: member for name, member in members.items() if wanted(name)}
        size_bytes = sum(member.file_size for member in chosen.values())
        if len(chosen) > limit_files or size_bytes > limit_bytes:
            raise WayError(
                f"{archive.name}: {len(chosen)} files with {size_bytes} bytes,"
                f" over {limit_files} or {limit_bytes}"
            )
        for name, member in chosen.items():
            target = to.joinpath(*inner_parts(archive.name, name))
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(opened, member, target)


def inner_parts(archive_name: str, name: str) -> list[str]:
    """Return the parts of a file's name in an archive.

    Raises:
        WayError: One of them is no plain name, so that the file would lie elsewhere.
    """
    parts = name.split("/")
    if "\\" in name or any(part in {"", ".", ".."} for part in parts):
        raise WayError(f"{archive_name} holds a file with the name {name!r}, which is refused")
    return parts


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    """Open `archive`; what is wrong with it, or with the disk, is told in one line."""
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as err:
        raise WayError(f"{archive.name} is no good zip archive: {err}") from err
    except OSError as err:
        raise WayError(f"{archive.name} cannot be unpacked ({err.strerror or err})") from err


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, to: Path) -> None:
    # zipfile stops reading at the size that the archive states, so what was checked holds.
    with opened.open(member) as source, to.open("wb") as out:
        shutil.copyfileobj(source, out)
