"""RestartPolicy, ReschedulePolicy and Disconnect: what happens to instances that fail. Pure.

Source: nomad `structs.RestartPolicy.Validate`, `structs.ReschedulePolicy.Validate` (v1.11).
"""

from typing import Any

from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.values import S, seconds_ns
from faas_nomad.translate.written import Written

MAX_ATTEMPTS = 1000
MIN_RESTART_INTERVAL_NS = 5 * S
MIN_RESCHEDULE_DELAY_NS = 5 * S
DEFAULT_RESCHEDULE_INTERVAL_NS = 3600 * S
"""The least default interval of limited attempts; it grows with what the attempts take."""

RESTART_MODES = ("fail", "delay")
DELAY_FUNCTIONS = ("constant", "exponential", "fibonacci")


def restart_block(written: Written, policy: JobPolicy) -> dict[str, Any]:
    """Return the group's RestartPolicy.

    Raises:
        InvalidDeploymentError: A value cannot be read, or the restarts do not fit the interval.
    """
    default = policy.restart
    attempts = written.whole("restart.attempts", default.attempts, most=MAX_ATTEMPTS)
    delay_ns = written.duration_ns("restart.delay", seconds_ns(default.delay_s))
    least_ns = max(attempts * delay_ns, MIN_RESTART_INTERVAL_NS)
    interval_ns = max(seconds_ns(default.interval_s), least_ns)
    mode = written.choice("restart.mode", default.mode, RESTART_MODES)
    if mode == "delay" and written.has("restart.attempts") and not attempts:
        raise written.refuse("restart.attempts", "at least 1, which restart.mode delay needs")
    return {
        "Attempts": attempts,
        "Interval": written.duration_ns("restart.interval", interval_ns, least_ns=least_ns),
        "Delay": delay_ns,
        "Mode": mode,
    }


def reschedule_block(written: Written, policy: JobPolicy) -> dict[str, Any]:
    """Return the group's ReschedulePolicy: unlimited, unless a number of attempts was written.

    Raises:
        InvalidDeploymentError: A value cannot be read or contradicts another.
    """
    limited = written.has("reschedule.attempts")
    unlimited = written.flag("reschedule.unlimited", not limited)
    delays = _delays(written, policy)
    if unlimited == limited:
        raise written.refuse("reschedule.unlimited", "the opposite of having reschedule.attempts")
    if limited:
        return {"Unlimited": False, **_attempts(written, delays), **delays}
    if written.has("reschedule.interval"):
        raise written.refuse("reschedule.interval", "of use without reschedule.attempts")
    return {"Unlimited": True, **delays}


def disconnect_block(policy: JobPolicy) -> dict[str, Any]:
    """Return the group's Disconnect under its key; empty where the policy has none."""
    lost_after_ns = seconds_ns(policy.disconnect_lost_after_s)
    if not lost_after_ns:
        return {}
    block = {"LostAfter": lost_after_ns, "Replace": True, "Reconcile": "best_score"}
    return {"Disconnect": block}


def _delays(written: Written, policy: JobPolicy) -> dict[str, Any]:
    default = policy.reschedule
    delay_ns = written.duration_ns(
        "reschedule.delay", seconds_ns(default.delay_s), least_ns=MIN_RESCHEDULE_DELAY_NS
    )
    longest_ns = max(delay_ns, seconds_ns(default.max_delay_s))
    function = written.choice("reschedule.delay_function", default.delay_function, DELAY_FUNCTIONS)
    return {
        "Delay": delay_ns,
        "DelayFunction": function,
        "MaxDelay": written.duration_ns("reschedule.max_delay", longest_ns, least_ns=delay_ns),
    }


def _attempts(written: Written, delays: dict[str, Any]) -> dict[str, int]:
    """Return the attempts and an interval that has room for them, as Nomad demands."""
    attempts = written.whole("reschedule.attempts", 0, most=MAX_ATTEMPTS)
    least_ns = _span_ns(attempts, delays) + S
    default_ns = max(DEFAULT_RESCHEDULE_INTERVAL_NS, least_ns)
    return {
        "Attempts": attempts,
        "Interval": written.duration_ns("reschedule.interval", default_ns, least_ns=least_ns),
    }


def _span_ns(attempts: int, delays: dict[str, Any]) -> int:
    """Return the sum of the pauses before that many attempts."""
    first_ns, function, most_ns = delays["Delay"], delays["DelayFunction"], delays["MaxDelay"]
    if function == "constant":
        return int(attempts * first_ns)
    span_ns, delay_ns, before_ns = 0, first_ns, 0
    for _ in range(attempts):
        span_ns += delay_ns
        grown_ns = delay_ns + (delay_ns if function == "exponential" else before_ns)
        before_ns, delay_ns = delay_ns, min(most_ns, grown_ns)
    return int(span_ns)
