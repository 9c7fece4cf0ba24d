"""Where the token of a back end comes from: fixed, or a file that others rewrite."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

MAX_TOKEN_BYTES = 16 * 1024
"""A workload identity is a JWT of about 1 KiB; more is not a token."""
_TOKEN = re.compile(rb"[\x21-\x7e]*")
"""What can stand in a header: a line end in it would begin another one."""


def read_token(path: Path) -> str:
    """Return what a file with a token, and white space around it, holds.

    Raises:
        OSError: It cannot be read.
        ValueError: It holds something else; the text has nothing of it.
    """
    with path.open("rb") as file:
        content = file.read(MAX_TOKEN_BYTES + 1).strip()
    if len(content) > MAX_TOKEN_BYTES or not _TOKEN.fullmatch(content):
        raise ValueError("it holds no token: expected one line, printable and without blanks")
    return content.decode("ascii")


class TokenSource(Protocol):
    """Gives the token to send now; called for every request, so it must be quick."""

    def __call__(self) -> str:
        """Return the token, empty for none."""
        ...

    def reread(self) -> bool:
        """Forget what is cached; True when another token may come of it."""
        ...


class FixedToken:
    """A token from the settings."""

    def __init__(self, token: str = "") -> None:
        self._token = token

    def __call__(self) -> str:
        """Return the token, empty for none."""
        return self._token

    def reread(self) -> bool:
        """Return False: there is nowhere else to look."""
        return False


class FileToken:
    """A token file, read again when its modification time moves (as workload identities do)."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._path = path
        self._warn = warn
        self._token = ""
        self._mtime_ns = -1

    def __call__(self) -> str:
        """Return the file's present token; the last known one while it has none."""
        try:
            mtime_ns = self._path.stat().st_mtime_ns
            if mtime_ns != self._mtime_ns:
                self._token = read_token(self._path)
                self._mtime_ns = mtime_ns
        except (OSError, ValueError) as err:
            self._warn(f"token file {self._path} cannot be read: {err}")
        return self._token

    def reread(self) -> bool:
        """Read the file at the next call whatever its time; True, as it may have changed."""
        self._mtime_ns = -1
        return True
