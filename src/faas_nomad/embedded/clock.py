"""Times as Go's JSON encoder writes them. Pure."""

from datetime import UTC, datetime


def go_time(time_ns: int) -> str:
    """Return RFC 3339 with nanoseconds, without trailing zeros."""
    seconds, rest_ns = divmod(time_ns, 1_000_000_000)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{rest_ns:09d}".rstrip("0").rstrip(".")
    return f"{whole}{fraction}Z"


def nullable_time(time_ns: int) -> str | None:
    """Return the time, or null for 0, which stands for a time that is not set."""
    return go_time(time_ns) if time_ns else None
