"""When a task that ended is started again, and a failed allocation replaced. Pure.

Sources: nomad `client/allocrunner/taskrunner/restarts/restarts.go`, `structs/alloc.go`
`NextDelay`; without their jitter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Policy = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RestartWindow:
    """How often a task ended since `start_ns`."""

    start_ns: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Restart:
    """What to do after a task ended: start it after `delay_ns`, or never when that is None."""

    window: RestartWindow
    delay_ns: int | None
    reason: str


def after_exit(policy: Policy, window: RestartWindow, now_ns: int) -> Restart:
    """Return whether and when a `RestartPolicy` starts the task again."""
    interval_ns, attempts = policy["Interval"], policy["Attempts"]
    if not window.count or now_ns - window.start_ns > interval_ns:
        window = RestartWindow(now_ns)
    window = RestartWindow(window.start_ns, window.count + 1)
    if attempts == 0 and policy["Mode"] == "fail":
        return Restart(window, None, "Policy allows no restarts")
    if window.count <= attempts:
        return Restart(window, policy["Delay"], "Restart within policy")
    limit = f"Exceeded allowed attempts {attempts} in interval {interval_ns // 10**9}s"
    if policy["Mode"] == "fail":
        return Restart(window, None, f'{limit} and mode is "fail"')
    return Restart(window, window.start_ns + interval_ns - now_ns, f"{limit}, applying a delay")


def reschedule_time_ns(policy: Policy, past_ns: tuple[int, ...], failed_ns: int) -> int | None:
    """Return when a `ReschedulePolicy` replaces an allocation that failed; None for never.

    `past_ns` are the times at which it and its predecessors were replaced.
    """
    if not policy["Unlimited"]:
        recent = [t for t in past_ns if failed_ns - t < policy["Interval"]]
        if len(recent) >= policy["Attempts"]:
            return None
    delay_ns = _delay_ns(policy, len(past_ns))
    return int(failed_ns + (min(delay_ns, policy["MaxDelay"]) if _grows(policy) else delay_ns))


def allows_reschedule(policy: Policy) -> bool:
    """Tell whether a failed allocation has any chance to be replaced."""
    return bool(policy["Unlimited"] or policy["Attempts"])


def _grows(policy: Policy) -> bool:
    return bool(policy["DelayFunction"] != "constant")


def _delay_ns(policy: Policy, times: int) -> int:
    base_ns = int(policy["Delay"])
    if not _grows(policy):
        return base_ns
    if policy["DelayFunction"] == "exponential":
        return int(base_ns << min(times, 30))
    before_ns, delay_ns = base_ns, base_ns
    for _ in range(min(times, 90) - 1):
        before_ns, delay_ns = delay_ns, before_ns + delay_ns
    return delay_ns
