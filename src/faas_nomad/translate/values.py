"""Texts of labels and annotations read as numbers, words and durations. Pure.

Each reader takes the field's name and the text, and refuses what it cannot understand. Durations
are Go's (`1m30s`) or whole seconds (`90`), as the watchdogs and the earlier providers read them.
"""

import re
import shlex
from collections.abc import Sequence
from fractions import Fraction

from faas_nomad.translate.errors import InvalidDeploymentError

S = 1_000_000_000
"""One second in nanoseconds, Nomad's unit of time in JSON."""

MAX_WHOLE = 2**31 - 1
MAX_DURATION_NS = 10 * 365 * 24 * 3600 * S
"""Ten years: far above any use, far below what overflows Go's 64-bit durations."""

_UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": S,
    "m": 60 * S,
    "h": 3600 * S,
}
_WHOLE = re.compile(r"[0-9]{1,10}")
_PART = re.compile(r"([0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(ns|us|µs|μs|ms|s|m|h)")
_MAX_DURATION_TEXT = 64
_TRUE = frozenset({"1", "t", "true"})
_FALSE = frozenset({"0", "f", "false"})


def whole(field: str, text: str, least: int = 0, most: int = MAX_WHOLE) -> int:
    """Return `text` as a whole number within bounds."""
    if _WHOLE.fullmatch(text) and least <= int(text) <= most:
        return int(text)
    bounds = f"of at least {least}" if most == MAX_WHOLE else f"from {least} to {most}"
    raise InvalidDeploymentError(field, text, f"a whole number {bounds}")


def flag(field: str, text: str) -> bool:
    """Return `text` as a truth value, in the words that Go reads."""
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise InvalidDeploymentError(field, text, "true or false")


def choice(field: str, text: str, choices: Sequence[str]) -> str:
    """Return `text` if it is one of `choices`."""
    if text in choices:
        return text
    raise InvalidDeploymentError(field, text, "one of " + ", ".join(choices))


def duration_ns(field: str, text: str, least_ns: int = 0) -> int:
    """Return a duration in nanoseconds."""
    found_ns = parse_duration_ns(text)
    if found_ns is None:
        raise InvalidDeploymentError(field, text, "a duration such as 30s or 1m30s, or seconds")
    if found_ns < least_ns:
        raise InvalidDeploymentError(field, text, f"at least {duration_text(least_ns)}")
    return found_ns


def words(field: str, text: str) -> list[str]:
    """Return the words of a command line, quoted as in a shell."""
    try:
        return shlex.split(text)
    except ValueError:
        raise InvalidDeploymentError(field, text, "words with their quotes closed") from None


def parse_duration_ns(text: str) -> int | None:
    """Return a duration in nanoseconds, None if `text` is none or above ten years."""
    if _WHOLE.fullmatch(text):
        return _within_bounds(int(text) * S)
    if not text or len(text) > _MAX_DURATION_TEXT or _PART.sub("", text):
        return None
    parts = _PART.findall(text)
    return _within_bounds(int(sum(_decimal(number) * _UNITS_NS[unit] for number, unit in parts)))


def duration_text(duration_ns: int) -> str:
    """Return a duration in Go's form, in the largest unit that divides it."""
    for unit in ("h", "m", "s", "ms", "us"):
        if duration_ns and duration_ns % _UNITS_NS[unit] == 0:
            return f"{duration_ns // _UNITS_NS[unit]}{unit}"
    return f"{duration_ns}ns" if duration_ns else "0s"


def seconds_ns(duration_s: float) -> int:
    """Return `duration_s` in whole nanoseconds."""
    return round(duration_s * S)


def _decimal(number: str) -> Fraction:
    digits = number.rstrip(".")
    return Fraction(f"0{digits}" if digits.startswith(".") else digits)


def _within_bounds(found_ns: int) -> int | None:
    return found_ns if found_ns <= MAX_DURATION_NS else None
