"""Update, restart, reschedule, migrate and disconnect blocks. Pure.

A default that the user did not write gives way to what was written: a longer healthy deadline
moves the progress deadline, and a canary count of 0 switches automatic promotion off. Two values
that were both written and contradict each other are refused, as Nomad would.
Source: nomad `structs.UpdateStrategy.Validate` and its neighbours (v1.11).
"""

from typing import Any

from faas_nomad.translate.annotations import Written
from faas_nomad.translate.policy import JobPolicy, UpdatePolicy
from faas_nomad.translate.values import S, duration_text, seconds_ns

MAX_COUNT = 50_000
SLACK_NS = 60 * S
"""How far a default deadline moves beyond what it must exceed."""
MIN_RESTART_INTERVAL_NS = 5 * S
MIN_RESCHEDULE_DELAY_NS = 5 * S
MIN_RESCHEDULE_INTERVAL_NS = 15 * S
DEFAULT_RESCHEDULE_INTERVAL_NS = 3600 * S
MAX_RESCHEDULES = 1000

HEALTH_CHECKS = ("checks", "task_states", "manual")
RESTART_MODES = ("fail", "delay")
DELAY_FUNCTIONS = ("constant", "exponential", "fibonacci")


def update_block(
    written: Written, policy: UpdatePolicy, *, has_check: bool, kill_timeout_ns: int
) -> dict[str, Any]:
    """Return the group's Update.

    Raises:
        InvalidDeploymentError: A value cannot be read or contradicts another.
    """
    canary = written.whole("update.canary", policy.canary, most=MAX_COUNT)
    promote = written.flag("update.auto_promote", policy.auto_promote and canary > 0)
    if promote and not canary:
        raise written.refuse("update.auto_promote", "false, as update.canary is 0")
    stagger_ns = written.duration_ns("update.stagger", 0, least_ns=1)
    return {
        "MaxParallel": written.whole("update.max_parallel", policy.max_parallel, most=MAX_COUNT),
        "HealthCheck": _health_check(written, has_check=has_check),
        **_deadlines(written, policy, kill_timeout_ns),
        "Canary": canary,
        "AutoPromote": promote,
        "AutoRevert": written.flag("update.auto_revert", policy.auto_revert),
        **({"Stagger": stagger_ns} if stagger_ns else {}),
    }


def migrate_block(update: dict[str, Any]) -> dict[str, Any]:
    """Return the group's Migrate, for node drains: one at a time, healthy as in an update."""
    manual = update["HealthCheck"] == "manual"
    return {
        "MaxParallel": 1,
        "HealthCheck": "task_states" if manual else update["HealthCheck"],
        "MinHealthyTime": update["MinHealthyTime"],
        "HealthyDeadline": update["HealthyDeadline"],
    }


def restart_block(written: Written, policy: JobPolicy) -> dict[str, Any]:
    """Return the group's RestartPolicy.

    Raises:
        InvalidDeploymentError: A value cannot be read, or the restarts do not fit the interval.
    """
    attempts = written.whole("restart.attempts", policy.restart.attempts, most=MAX_RESCHEDULES)
    delay_ns = written.duration_ns("restart.delay", seconds_ns(policy.restart.delay_s))
    needed_ns = max(attempts * delay_ns, MIN_RESTART_INTERVAL_NS)
    default_ns = max(seconds_ns(policy.restart.interval_s), needed_ns)
    mode = written.choice("restart.mode", policy.restart.mode, RESTART_MODES)
    if mode == "delay" and attempts == 0:
        raise written.refuse(_last(written, "restart.attempts", "restart.mode"), _NO_DELAY)
    return {
        "Attempts": attempts,
        "Interval": written.duration_ns("restart.interval", default_ns, least_ns=needed_ns),
        "Delay": delay_ns,
        "Mode": mode,
    }


def reschedule_block(written: Written, policy: JobPolicy) -> dict[str, Any]:
    """Return the group's ReschedulePolicy: unlimited, unless a number of attempts was written.

    Raises:
        InvalidDeploymentError: A value cannot be read or contradicts another.
    """
    limited = written.has("reschedule.attempts") or written.has("reschedule.interval")
    unlimited = written.flag("reschedule.unlimited", not limited)
    if unlimited and limited:
        raise written.refuse("reschedule.unlimited", "false, as reschedule.attempts are limited")
    return {
        **({"Unlimited": True} if unlimited else _limited(written)),
        **_delays(written, policy),
    }


def disconnect_block(policy: JobPolicy) -> dict[str, Any]:
    """Return the group's Disconnect, to be merged into it; empty where the policy has none."""
    lost_after_ns = seconds_ns(policy.disconnect_lost_after_s)
    if not lost_after_ns:
        return {}
    block = {"LostAfter": lost_after_ns, "Replace": True, "Reconcile": "best_score"}
    return {"Disconnect": block}


_NO_DELAY = "possible together: the mode delay needs attempts above 0"


def _health_check(written: Written, *, has_check: bool) -> str:
    found = written.choice(
        "update.health_check", "checks" if has_check else "task_states", HEALTH_CHECKS
    )
    if found == "checks" and not has_check:
        raise written.refuse("update.health_check", "task_states or manual, as check is none")
    return found


def _deadlines(written: Written, policy: UpdatePolicy, kill_timeout_ns: int) -> dict[str, int]:
    min_ns = written.duration_ns("update.min_healthy_time", seconds_ns(policy.min_healthy_time_s))
    healthy_ns = _after(
        written, "update.healthy_deadline", policy.healthy_deadline_s, min_ns, "min_healthy_time"
    )
    progress_ns = _after(
        written, "update.progress_deadline", policy.progress_deadline_s, healthy_ns,
        "healthy_deadline",
    )  # fmt: skip
    if 0 < progress_ns < kill_timeout_ns:
        if written.has("update.progress_deadline"):
            least = duration_text(kill_timeout_ns)
            raise written.refuse("update.progress_deadline", f"at least {least}, the kill timeout")
        progress_ns = kill_timeout_ns + SLACK_NS
    return {
        "MinHealthyTime": min_ns,
        "HealthyDeadline": healthy_ns,
        "ProgressDeadline": progress_ns,
    }


def _after(written: Written, name: str, default_s: float, floor_ns: int, floor: str) -> int:
    """Return a deadline beyond `floor_ns`; a written 0 is no progress deadline at all."""
    if not written.has(name):
        default_ns = seconds_ns(default_s)
        return default_ns if default_ns > floor_ns else floor_ns + SLACK_NS
    found_ns = written.duration_ns(name, 0)
    if found_ns == 0 and name == "update.progress_deadline":
        return 0
    if found_ns <= floor_ns:
        raise written.refuse(name, f"more than update.{floor}, {duration_text(floor_ns)}")
    return found_ns


def _limited(written: Written) -> dict[str, Any]:
    return {
        "Unlimited": False,
        "Attempts": written.whole("reschedule.attempts", 0, most=MAX_RESCHEDULES),
        "Interval": written.duration_ns(
            "reschedule.interval",
            DEFAULT_RESCHEDULE_INTERVAL_NS,
            least_ns=MIN_RESCHEDULE_INTERVAL_NS,
        ),
    }


def _delays(written: Written, policy: JobPolicy) -> dict[str, Any]:
    least_ns = MIN_RESCHEDULE_DELAY_NS
    delay_ns = written.duration_ns(
        "reschedule.delay", seconds_ns(policy.reschedule.delay_s), least_ns=least_ns
    )
    longest_ns = max(delay_ns, seconds_ns(policy.reschedule.max_delay_s))
    return {
        "Delay": delay_ns,
        "DelayFunction": written.choice(
            "reschedule.delay_function", policy.reschedule.delay_function, DELAY_FUNCTIONS
        ),
        "MaxDelay": written.duration_ns(
            "reschedule.max_delay", longest_ns, least_ns=max(delay_ns, least_ns)
        ),
    }


def _last(written: Written, *names: str) -> str:
    return next(name for name in names if written.has(name))
