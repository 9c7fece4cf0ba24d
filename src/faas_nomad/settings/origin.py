"""Where a value came from, and how values and names are spoken of. Pure.

No secret passes: neither a token nor what stands before the `@` of an address.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

MAX_SHOWN_CHARS = 80
_USER_INFO = re.compile(r"//[^/@]*@")


class Source(IntEnum):
    """Where a value can come from; the lowest number wins."""

    FLAG = 0
    ENVIRONMENT = 1
    FILE = 2
    TASK = 3
    """What Nomad sets for the task that this service itself is."""
    DEFAULT = 4


_WORDS = {
    Source.FLAG: "flag",
    Source.ENVIRONMENT: "environment",
    Source.TASK: "environment, set by Nomad",
    Source.DEFAULT: "default",
}


@dataclass(frozen=True)
class Origin:
    """The source of a value, the name by which it was `written` there, and the file's name."""

    source: Source
    written: str
    file: str = ""

    def __str__(self) -> str:
        return f"{self.written} ({self.place})"

    @property
    def place(self) -> str:
        """Return the source in a word, a file by its name."""
        return self.file if self.source is Source.FILE else _WORDS[self.source]


def quoted(text: str, *, secret: bool) -> str:
    """Return a refused value as it may be shown: printable, short, without secrets."""
    if secret:
        return "(hidden)"
    short = text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + "…"
    return repr(without_user_info(short))


def without_user_info(text: str) -> str:
    """Return an address without the user and password that may stand before its `@`."""
    return _USER_INFO.sub("//(hidden)@", text)


def printable(text: str) -> str:
    """Return `text` with a question mark for each character that would move the cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)
