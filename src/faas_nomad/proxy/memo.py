"""Remembers what lines of heads mean, since mostly they come again. Pure.

Callers and functions send the same request line, User-Agent or Content-Type again and again. A
line that was read is found by one look-up, in less time than it takes to look at its bytes.
"""

from abc import abstractmethod
from typing import TypeVar

MAX_LINE_BYTES = 256
MAX_HEAD_BYTES = 1_024
"""Of a head that a connection remembers whole."""
MAX_LINES = 2_048
"""So that a memo stays within two megabytes whatever is sent. When it is full it is emptied: to
read the usual lines anew, once for that many unusual ones, costs next to nothing."""

M = TypeVar("M")


class Memo(dict[bytes, M]):
    """`memo[line]` is what `line` means, remembered or read."""

    __slots__ = ()

    @abstractmethod
    def __missing__(self, line: bytes) -> M:
        """Return what `line` means; remember it if that is good."""

    def remember(self, line: bytes, meaning: M) -> None:
        """Keep what `line` means, unless it is too long."""
        if len(line) > MAX_LINE_BYTES:
            return
        if len(self) >= MAX_LINES:
            self.clear()
        self[line] = meaning
