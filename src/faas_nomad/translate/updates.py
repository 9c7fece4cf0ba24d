"""Update and Migrate: how instances are replaced by new ones. Pure.

A default that the user did not write gives way to what was written: a longer healthy deadline
moves the progress deadline, and a canary count of 0 switches automatic promotion off. Two values
that were both written and contradict each other are refused, as Nomad would refuse them.
Source: nomad `structs.UpdateStrategy.Validate` (v1.11).
"""

from typing import Any

from faas_nomad.translate.policy import UpdatePolicy
from faas_nomad.translate.values import S, duration_text, seconds_ns
from faas_nomad.translate.written import Written

MAX_COUNT = 50_000
SLACK_NS = 60 * S
"""How far a default deadline moves beyond what it must exceed."""
_BEFORE = {
    "update.healthy_deadline": "update.min_healthy_time may",
    "update.progress_deadline": "update.healthy_deadline or the kill timeout may",
}
HEALTH_CHECKS = ("checks", "task_states", "manual")


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
        raise written.refuse("update.auto_promote", "false, which update.canary 0 demands")
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


def _health_check(written: Written, *, has_check: bool) -> str:
    default = "checks" if has_check else "task_states"
    found = written.choice("update.health_check", default, HEALTH_CHECKS)
    if found == "checks" and not has_check:
        raise written.refuse("update.health_check", "task_states or manual, as check is none")
    return found


def _deadlines(written: Written, policy: UpdatePolicy, kill_timeout_ns: int) -> dict[str, int]:
    min_ns = written.duration_ns("update.min_healthy_time", seconds_ns(policy.min_healthy_time_s))
    healthy_default_ns = seconds_ns(policy.healthy_deadline_s)
    healthy_ns = _after(written, "update.healthy_deadline", healthy_default_ns, min_ns)
    progress_default_ns = seconds_ns(policy.progress_deadline_s)
    before_ns = max(healthy_ns, kill_timeout_ns)
    return {
        "MinHealthyTime": min_ns,
        "HealthyDeadline": healthy_ns,
        "ProgressDeadline": (
            0
            if written.text("update.progress_deadline") in ("0", "0s")
            else _after(written, "update.progress_deadline", progress_default_ns, before_ns)
        ),
    }


def _after(written: Written, name: str, default_ns: int, before_ns: int) -> int:
    """Return a deadline after `before_ns`; the default moves, what was written does not."""
    if not written.has(name):
        return default_ns if default_ns > before_ns else before_ns + SLACK_NS
    found_ns = written.duration_ns(name, 0)
    if found_ns <= before_ns:
        raise written.refuse(name, f"after {duration_text(before_ns)}, which {_BEFORE[name]} take")
    return found_ns
