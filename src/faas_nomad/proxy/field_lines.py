"""Reads single field lines strictly, and says which may be remembered. Pure.

Sources: RFC 9110 5.6.2 (token), 5.5 (field values); RFC 9112 5.1 (no space before the colon) and
5.2 (no folding). What is accepted here llhttp accepts too, with the same name and value: a test
compares the two.
"""

import re
from collections.abc import Callable, Mapping

from faas_nomad.proxy import fields
from faas_nomad.proxy.memo import Memo

Field = tuple[int, bytes, bytes] | None
"""Bit, name as spelled and value of a field that the proxy must understand; None for others."""

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


def memo_of_fields(bits: Mapping[bytes, int]) -> Memo[Field]:
    """Return a memo that reads field lines; `bits` are the fields to understand."""
    return Memo(_reader(bits))


def _reader(bits: Mapping[bytes, int]) -> Callable[[bytes], tuple[Field, bool]]:
    def read_name(name: bytes) -> tuple[tuple[int, bool], bool]:
        if not _is_name(name):
            raise BadFieldError("malformed header line")
        folded = name.lower()
        return (bits.get(folded, 0), folded in _REPEATED), True

    names = Memo(read_name)

    def read(line: bytes) -> tuple[Field, bool]:
        name, colon, value = line.partition(b":")
        bit, is_repeated = names[name]
        if not colon or not _is_value(value):
            raise BadFieldError("malformed header line")
        if not bit:
            return None, is_repeated
        value = value.lstrip(b" \t")
        if bit == fields.CONTENT_LENGTH and not _is_length(value):
            raise BadFieldError("Content-Length is not a number of bytes")
        return (bit, name, value), is_repeated

    return read
