"""Remembers what lines of heads mean, since mostly they come again. Pure.

Callers and functions send the same request line, User-Agent or Content-Type again and again. A
line that was read is found by one look-up, in less time than it takes to look at its bytes.
"""

from collections.abc import Callable
from typing import TypeVar

MAX_LINE_BYTES = 256
MAX_LINES = 1_024
"""In each of two generations, so that a memo stays under a megabyte whatever is sent."""

M = TypeVar("M")


class Memo(dict[bytes, M]):
    """`memo[line]` is what `read(line)` says, which may raise; its second value: remember it.

    When a generation is full it becomes the older one, and what was the older one is forgotten
    except for the lines that are met again.
    """

    __slots__ = ("_older", "_read")

    def __init__(self, read: Callable[[bytes], tuple[M, bool]]) -> None:
        super().__init__()
        self._read = read
        self._older: dict[bytes, M] = {}

    def __missing__(self, line: bytes) -> M:
        if line in self._older:
            self._remember(line, self._older[line])
            return self[line]
        meaning, is_kept = self._read(line)
        if is_kept and len(line) <= MAX_LINE_BYTES:
            self._remember(line, meaning)
        return meaning

    def _remember(self, line: bytes, meaning: M) -> None:
        if len(self) >= MAX_LINES:
            self._older = self.copy()
            self.clear()
        self[line] = meaning
