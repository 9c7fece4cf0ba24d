"""Where a value came from, and how values and names are spoken of. Pure.

No secret passes: neither a token nor the credentials that an address may carry.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

MAX_SHOWN_CHARS = 80
_USER_INFO = re.compile(r"^([a-z]*://)?.*@", re.DOTALL)
_QUERY = re.compile(r"(://[^?]*\?).+", re.DOTALL)


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
    safe = without_credentials(text)
    return repr(safe if len(safe) <= MAX_SHOWN_CHARS else safe[:MAX_SHOWN_CHARS] + "…")


def without_credentials(text: str) -> str:
    """Return an address without what stands before its `@` and after its `?`."""
    return _QUERY.sub(r"\1(hidden)", _USER_INFO.sub(r"\1(hidden)@", text))


def printable(text: str) -> str:
    """Return `text` with a question mark for each character that would move the cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)
