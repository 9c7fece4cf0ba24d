"""Reads single field lines strictly, and says which may be remembered. Pure.

Sources: RFC 9110 5.6.2 (token), 5.5 (field values); RFC 9112 5.1 (no space before the colon) and
5.2 (no folding). What is accepted here llhttp accepts too, with the same name and value: a test
compares the two.
"""

import re
from collections.abc import Mapping

from faas_nomad.proxy import fields
from faas_nomad.proxy.memo import Memo

Field = tuple[int, bytes, bytes] | None
"""Bit, value and whole line of a field that the proxy must understand; None for others."""

_is_name = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_is_value = re.compile(rb"[\t\x20-\x7e\x80-\xff]*").fullmatch
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


class FieldMemo(Memo[Field]):
    """Reads field lines; `bits` are the fields to understand."""

    __slots__ = ("_names", "met_other")

    def __init__(self, bits: Mapping[bytes, int]) -> None:
        super().__init__()
        self._names = NameMemo(bits)
        self.met_other = False
        """Set when a line is not remembered."""

    def __missing__(self, line: bytes) -> Field:
        """Read `line`.

        Raises:
            BadFieldError: It is refused.
        """
        name, colon, value = line.partition(b":")
        bit, is_repeated = self._names[name]
        # What is printable in Latin-1 is allowed, and that is the quicker question.
        if not colon or not (value.decode("latin-1").isprintable() or _is_value(value)):
            raise BadFieldError("malformed header line")
        field = None
        if bit:
            value = value.lstrip(b" \t")
            if bit == fields.CONTENT_LENGTH and not _is_length(value):
                raise BadFieldError("Content-Length is not a number of bytes")
            field = bit, value, line
        if is_repeated:
            self.remember(line, field)
        else:
            self.met_other = True
        return field


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
