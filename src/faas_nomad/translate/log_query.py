"""The query of `GET /system/logs` → what is asked. Pure.

Source: faas-provider `logs/handler.go` (v0.25): a number or a time that cannot be read is 422, a
truth value that cannot be read is false, a tail of 0 or less is none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

NS_PER_S = 1_000_000_000
DEFAULT_WINDOW_NS = 300 * NS_PER_S
"""What is sent when neither `since` nor `tail` is given, as both Go providers do."""
MAX_TAIL = 2**63 - 1
MAX_SHOWN = 80

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_INSTANCE = re.compile(r"[0-9a-f][0-9a-f-]{0,35}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[ +-]\d\d:?\d\d)?")


class InvalidLogQueryError(ValueError):
    """A parameter cannot be read; names it, its value and what was expected."""


@dataclass(frozen=True)
class LogQuery:
    """What is asked of a function's logs; `tail` is None for all, `instance` empty for all."""

    name: str
    namespace: str = ""
    instance: str = ""
    """An allocation's ID or the beginning of one."""
    tail: int | None = None
    since_ns: int | None = None
    """Unix time in nanoseconds."""
    follow: bool = False

    def earliest_ns(self, now_ns: int) -> int:
        """Return the time before which lines are left out; 0 for none.

        It is of whole seconds, as most lines' own times are: one of the same second may be newer.
        """
        if self.since_ns is not None:
            return self.since_ns // NS_PER_S * NS_PER_S
        return 0 if self.tail is not None else now_ns - DEFAULT_WINDOW_NS


def log_query(params: Mapping[str, str]) -> LogQuery:
    """Return what `params` ask. Raises: InvalidLogQueryError."""
    name, instance = params.get("name", ""), params.get("instance", "")
    if not name:
        raise InvalidLogQueryError("name: empty, expected a function's name")
    if instance and not _INSTANCE.fullmatch(instance):
        raise _refused("instance", instance, "an allocation's ID or the beginning of one")
    return LogQuery(
        name=name,
        namespace=params.get("namespace", ""),
        instance=instance,
        tail=_tail(params.get("tail", "")),
        since_ns=_since_ns(params.get("since", "")),
        follow=params.get("follow", "") in _TRUE,
    )


def _tail(text: str) -> int | None:
    if not text:
        return None
    if not _WHOLE.fullmatch(text) or abs(int(text)) > MAX_TAIL:
        raise _refused("tail", text, "a whole number of lines")
    return int(text) if int(text) > 0 else None


def _since_ns(text: str) -> int | None:
    if not text:
        return None
    found = _TIME.fullmatch(text)
    if found:
        date, clock, fraction, zone = found.groups()
        try:
            # A plus sign that was not escaped arrives as a blank; a time without a zone is UTC.
            moment = datetime.fromisoformat(f"{date}T{clock}{_zone(zone)}")
            seconds = int(moment.astimezone(UTC).timestamp())
        except (ValueError, OverflowError):
            pass
        else:
            return seconds * NS_PER_S + int((fraction or "0").ljust(9, "0"))
    raise _refused("since", text, "a time such as 2026-01-31T12:00:00Z")


def _zone(given: str | None) -> str:
    return "+00:00" if given in (None, "Z", "z") else given.replace(" ", "+")


def _refused(name: str, text: str, expected: str) -> InvalidLogQueryError:
    shown = "".join(char if char.isprintable() else "?" for char in text[:MAX_SHOWN])
    return InvalidLogQueryError(
        f"could not parse the log request: {name}: {shown!r} is not {expected}"
    )
