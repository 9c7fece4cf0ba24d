"""Alertmanager's notifications → numbers of replicas. Pure.

Source: the gateway's arithmetic. A firing alert adds `factor` percent of the maximum, rounded up;
anything else goes back to the minimum.
"""

from dataclasses import dataclass
from math import ceil

from faas_nomad.model.alerts import AlertNotification
from faas_nomad.translate.count_changes import Counted

BY_ALERT = "alert"
FIRING = "firing"


@dataclass(frozen=True)
class Alerted:
    """What a notification says of one function."""

    function: str
    """As in the label `function_name`: `NAME` or `NAME.NAMESPACE`."""
    firing: bool
    alert: str
    """The alert's name."""


def alerted_functions(notification: AlertNotification) -> list[Alerted]:
    """Return each function that is named, once; one with a firing alert is firing."""
    found: dict[str, Alerted] = {}
    for alert in notification.alerts:
        function = alert.labels.get("function_name", "")
        firing = (alert.status or notification.status) == FIRING
        known = found.get(function)
        if function and (known is None or (firing and not known.firing)):
            found[function] = Alerted(function, firing, alert.labels.get("alertname", ""))
    return list(found.values())


def count_after_alert(counted: Counted, *, firing: bool, now_ns: int, step_pause_s: float) -> int:
    """Return the replicas after an alert: the present ones where it changes nothing.

    A firing alert within `step_pause_s` of the last step is a repeat: Alertmanagers send one
    notification several times, and each of several instances of ours may get it. One that is
    over wakes no sleeping function.
    """
    rules, count = counted.rules, counted.count
    step = ceil(rules.most * rules.factor / 100)
    if step == 0 or rules.type:
        return count
    if not firing:
        return rules.awake_least if count else 0
    if _is_repeat(counted, now_ns, step_pause_s):
        return count
    return max(count, min(count + step, rules.most))


def _is_repeat(counted: Counted, now_ns: int, step_pause_s: float) -> bool:
    last = counted.last
    if last is None or last.by != BY_ALERT or last.after <= last.before:
        return False
    return abs(now_ns - last.at_ns) < step_pause_s * 1e9
