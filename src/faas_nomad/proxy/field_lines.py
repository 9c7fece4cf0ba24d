"""Reads single field lines strictly, and says which may be remembered. Pure.

Sources: RFC 9110 5.6.2 (token), 5.5 (field values); RFC 9112 5.1 (no space before the colon) and
5.2 (no folding). What is accepted here llhttp accepts too, with the same name and value: a test
compares the two.
"""

import re
from collections.abc import Mapping

from faas_nomad.proxy import fields
from faas_nomad.proxy.memo import Memo

Field = tuple[int, bytes, bytes]
"""Bit, value and whole line of a field that the proxy must understand."""

_is_name = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_IN_VALUES = bytes([*b"\t", *range(0x20, 0x7F), *range(0x80, 0x100)])
_is_length = re.compile(rb"[0-9]{1,19} *").fullmatch  # llhttp takes what fits into 64 bits

_REPEATED = frozenset(
    b"accept accept-charset accept-encoding accept-language accept-ranges allow cache-control "
    b"connection content-encoding content-language content-length content-type date dnt expect "
    b"expires forwarded host keep-alive last-modified origin pragma server te transfer-encoding "
    b"upgrade upgrade-insecure-requests user-agent vary via x-content-type-options "
    b"x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-frame-options "
    b"x-powered-by x-real-ip".split()
)
"""Fields whose lines come again and hold no secret. All others are read each time."""


class BadFieldError(Exception):
    """The line is not `NAME: VALUE`, or its value cannot be taken in one way only."""


class FieldLines:
    """Reads the field lines of heads; `bits` are the fields to understand.

    Lines that are not known are read together, those of one head: a call of ours for each would
    cost as much as reading it.
    """

    __slots__ = ("_known", "_look_up", "_names", "_new", "met_other")

    def __init__(self, bits: Mapping[bytes, int]) -> None:
        self._names = NameMemo(bits)
        self._new: list[bytes] = []
        self._known = _known_lines(self._new)
        self._look_up = self._known.__getitem__
        self.met_other = False
        """Whether a line of the last head is not to be remembered."""

    def read(self, lines: list[bytes]) -> list[Field]:
        """Return the fields to understand: first those of known lines, then those of new ones.

        Raises:
            BadFieldError: A line is refused.
        """
        found = [*filter(None, map(self._look_up, lines))]
        self.met_other = False
        if self._new:
            self._read_new(found)
        return found

    def joined(self, bits: int, lines: list[bytes]) -> dict[int, bytes]:
        """Return the values of fields that are there more than once, in the order of `lines`."""
        values: dict[int, list[bytes]] = {}
        for line in lines:
            name, _, value = line.partition(b":")
            bit = self._names[name][0]
            if bit & bits:
                values.setdefault(bit, []).append(value.lstrip(b" \t"))
        return {bit: b", ".join(parts) for bit, parts in values.items()}

    def knows(self, line: bytes) -> bool:
        """Return whether the line is remembered."""
        return line in self._known

    def _read_new(self, found: list[Field]) -> None:
        new, names = self._new[:], self._names
        self._new.clear()
        if b"".join(new).translate(None, _IN_VALUES):  # a third of a regular expression's time
            raise BadFieldError("malformed header line")
        for line in new:
            name, colon, value = line.partition(b":")
            bit, is_repeated = names[name]
            if not colon:
                raise BadFieldError("malformed header line")
            field = None
            if bit:
                value = value.lstrip(b" \t")
                if bit == fields.CONTENT_LENGTH and not _is_length(value):
                    raise BadFieldError("Content-Length is not a number of bytes")
                field = bit, value, line
                found.append(field)
            if is_repeated:
                self._known.remember(line, field)
            else:
                self.met_other = True


def _known_lines(new: list[bytes]) -> Memo[Field | None]:
    """Return a memo that puts the lines it lacks into `new`, and then says None as for others."""

    class KnownLines(Memo[Field | None]):
        __slots__ = ()
        __missing__ = new.append  # type: ignore[assignment]  # no call of ours for each line

    return KnownLines()


class NameMemo(Memo[tuple[int, bool]]):
    """Reads names: their bit, 0 for most, and whether their lines are worth remembering."""

    __slots__ = ("_bits",)

    def __init__(self, bits: Mapping[bytes, int]) -> None:
        super().__init__()
        self._bits = bits

    def __missing__(self, line: bytes) -> tuple[int, bool]:
        """Read the name `line`.

        Raises:
            BadFieldError: It is no name.
        """
        if not _is_name(line):
            raise BadFieldError("malformed header line")
        folded = line.lower()
        meaning = self._bits.get(folded, 0), folded in _REPEATED
        self.remember(line, meaning)
        return meaning
