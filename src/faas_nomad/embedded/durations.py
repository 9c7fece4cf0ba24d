"""Go's duration texts, such as `300ms`, `5s` or `1h30m`. Pure."""

import re

_UNITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")


def parse_duration_s(text: object) -> float:
    """Return the seconds in a Go duration. Raises: ValueError when it is none."""
    parts = _PART.findall(text) if isinstance(text, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"invalid duration {text!r}")
    return sum(float(number) * _UNITS_S[unit] for number, unit in parts)


def go_duration(duration_ns: int) -> str:
    """Return the duration as Go prints it, such as `500ms` or `1h0m0.5s`."""
    for unit, unit_ns in (("ns", 1), ("µs", 10**3), ("ms", 10**6)):
        if duration_ns < unit_ns * 1000:
            return f"{duration_ns / unit_ns:g}{unit}" if duration_ns else "0s"
    minutes, rest_ns = divmod(duration_ns, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest_ns / 10**9:.9f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds
