"""How the text of a setting becomes a value, and back. Pure.

Source: Go `strconv.ParseBool`, whose words OpenFaaS's settings use.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from faas_nomad.translate.values import S, duration_text, parse_duration_ns, seconds_ns

T = TypeVar("T")

TRUE_WORDS = frozenset({"1", "t", "T", "true", "TRUE", "True"})
FALSE_WORDS = frozenset({"0", "f", "F", "false", "FALSE", "False"})
_BYTES = {"": 1, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
_SIZE = re.compile(r"([0-9]{1,15})(?:([KMG]i)B?)?")
_WHOLE = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """One sort of value: `parse` raises ValueError for a text that is none of it."""

    expects: str
    parse: Callable[[str], T]
    show: Callable[[T], str]
    is_list: bool = False
    quoted: bool = False
    """In TOML and HCL only a string will do: a bare number may have lost its leading zeros."""


def text_kind(expects: str, pattern: str) -> Kind[str]:
    """Return the kind of texts that `pattern` matches from end to end."""
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(expects)
        return text

    return Kind(expects, parse, str, quoted=True)


def choice(*words: str, same: dict[str, str] | None = None) -> Kind[str]:
    """Return the kind of a few words, in any case; `same` has other spellings of them."""
    spellings = {word: word for word in words} | (same or {})
    expects = "one of " + ", ".join(words)

    def parse(text: str) -> str:
        try:
            return spellings[text.lower()]
        except KeyError:
            raise ValueError(expects) from None

    return Kind(expects, parse, str)


def whole(least: int, most: int) -> Kind[int]:
    """Return the kind of whole numbers from `least` (0 or more) to `most`."""
    expects = f"a whole number from {least} to {most}"

    def parse(text: str) -> int:
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise ValueError(expects)
        return int(text)

    return Kind(expects, parse, str)


def size(least: int, most: int) -> Kind[int]:
    """Return the kind of byte counts, plain or in Ki, Mi, Gi."""
    expects = f"bytes such as 65536, 64Ki or 1Mi, from {_show_size(least)} to {_show_size(most)}"

    def parse(text: str) -> int:
        found = _SIZE.fullmatch(text)
        count = int(found[1]) * _BYTES[found[2] or ""] if found else -1
        if not least <= count <= most:
            raise ValueError(expects)
        return count

    return Kind(expects, parse, _show_size)


def duration(least_s: float, most_s: float, *, or_never: bool = False) -> Kind[float]:
    """Return the kind of Go durations and whole seconds, as seconds; 0 may mean never."""
    limits = f"from {_show_duration(least_s)} to {_show_duration(most_s)}"
    limits += ", or 0" if or_never else ""
    expects = f"a duration such as 90s or 1m30s, or whole seconds, {limits}"

    def parse(text: str) -> float:
        found_ns = parse_duration_ns(text)
        if or_never and found_ns == 0:
            return 0.0
        if found_ns is None or not least_s <= found_ns / S <= most_s:
            raise ValueError(expects)
        return found_ns / S

    return Kind(expects, parse, _show_duration)


def listing(item: Kind[str], expects: str, *, may_be_empty: bool = False) -> Kind[tuple[str, ...]]:
    """Return the kind of comma-separated lists of `item`, with or without blanks after commas."""

    def parse(text: str) -> tuple[str, ...]:
        if may_be_empty and not text:
            return ()
        return tuple(item.parse(part.strip(" ")) for part in text.split(","))

    return Kind(expects, parse, ",".join, is_list=True, quoted=True)


def _parse_boolean(text: str) -> bool:
    if text not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError(BOOLEAN.expects)
    return text in TRUE_WORDS


def _show_boolean(value: bool) -> str:
    return "true" if value else "false"


BOOLEAN: Kind[bool] = Kind("true or false (or 1, 0, t, f)", _parse_boolean, _show_boolean)


def _show_duration(duration_s: float) -> str:
    return duration_text(seconds_ns(duration_s))


def _show_size(count: int) -> str:
    for unit in ("Gi", "Mi", "Ki"):
        if count and count % _BYTES[unit] == 0:
            return f"{count // _BYTES[unit]}{unit}"
    return str(count)
