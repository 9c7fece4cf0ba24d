"""When a new allocation counts as healthy. Pure.

Source: nomad `client/allochealth/tracker.go`: all tasks running and all checks passing without a
break for `MinHealthyTime`, before `HealthyDeadline` is over.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HealthRule:
    """The `Update` block's part in it, the deadline as a point in time."""

    min_healthy_ns: int
    deadline_ns: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Healthy or not; while that is None, the time to look again."""

    healthy: bool | None
    look_again_ns: int = 0


def verdict(rule: HealthRule, fine_since_ns: int | None, now_ns: int) -> Verdict:
    """Return the verdict on an allocation that has been fine since then, or is not fine now."""
    if fine_since_ns is not None and now_ns - fine_since_ns >= rule.min_healthy_ns:
        return Verdict(True)
    if now_ns >= rule.deadline_ns:
        return Verdict(False)
    if fine_since_ns is None:
        return Verdict(None, rule.deadline_ns)
    return Verdict(None, min(rule.deadline_ns, fine_since_ns + rule.min_healthy_ns))
