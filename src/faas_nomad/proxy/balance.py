"""Which replica gets a request. Pure: randomness comes in.

Power of two choices (Mitzenmacher 2001): of two replicas drawn at random the one with fewer
requests in flight. Sticky requests follow rendezvous hashing instead.
"""

import re
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar
from zlib import crc32

from faas_nomad.state.endpoints import Sticky


class Candidate(Protocol):
    """What a choice looks at."""

    id: str
    in_flight: int


C = TypeVar("C", bound=Candidate)


def less_busy(candidates: Sequence[C], random: Callable[[], float]) -> C:
    """Return the less busy of two different candidates drawn at random; there must be one.

    `random()` gives numbers from 0 up to but not including 1.
    """
    count = len(candidates)
    if count == 1:
        return candidates[0]
    first = int(random() * count)
    second = (first + 1 + int(random() * (count - 1))) % count
    one, other = candidates[first], candidates[second]
    return one if one.in_flight <= other.in_flight else other


def owner_of(candidates: Sequence[C], key: bytes) -> C:
    """Return the candidate that `key` belongs to (rendezvous hashing); there must be one."""
    return max(candidates, key=lambda c: (_mixed(crc32(key, crc32(c.id.encode()))), c.id))


def _mixed(value: int) -> int:
    """Spread the bits: CRC alone is linear, so close ids would win in step (MurmurHash3's end)."""
    value = ((value ^ (value >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    value = ((value ^ (value >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return value ^ (value >> 16)


def sticky_key(sticky: Sticky, head: bytes) -> bytes | None:
    """Return what the request with this head is bound by; None when it has no such value."""
    if sticky.by == "cookie":
        return _cookie_value(head, sticky.name)
    return _header_value(head, sticky.name)


def _cookie_value(lines: bytes, name: str) -> bytes | None:
    pattern = rb"\r\nCookie:(?:[^\r]*?[ \t;])?%b=([^;\r]*)" % re.escape(name.encode())
    found = re.search(pattern, lines, re.IGNORECASE)
    return found[1] if found else None


def _header_value(lines: bytes, name: str) -> bytes | None:
    pattern = rb"\r\n%b:[ \t]*([^\r]*)" % re.escape(name.encode())
    found = re.search(pattern, lines, re.IGNORECASE)
    return found[1].rstrip(b" \t") if found else None
