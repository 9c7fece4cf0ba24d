"""Notifications become numbers of replicas by the gateway's arithmetic."""

from typing import Any

import pytest

from faas_nomad.model.alerts import AlertNotification
from faas_nomad.translate.alerts import Alerted, alerted_functions, count_after_alert
from faas_nomad.translate.count_changes import CountChange, Counted
from faas_nomad.translate.scale_rules import scale_rules
from support.deployments import deployment, policy

NOW_NS = 1_795_225_212_000_000_000
S_NS = 1_000_000_000


def counted(count: int, last: CountChange | None = None, **labels: str) -> Counted:
    named = {f"com.openfaas.scale.{key}": text for key, text in labels.items()}
    fn = deployment(labels=named)
    return Counted(fn, count, scale_rules(fn, policy()), last)


def after(found: Counted, *, firing: bool) -> int:
    return count_after_alert(found, firing=firing, now_ns=NOW_NS, step_pause_s=5)


def notification(*alerts: tuple[str, dict[str, str]], **fields: Any) -> AlertNotification:
    listed = [{"status": status, "labels": labels} for status, labels in alerts]
    return AlertNotification.model_validate({"alerts": listed, **fields})


def test_the_documented_steps_go_one_by_one_to_five() -> None:
    steps = [1]
    while steps[-1] != (following := after(counted(steps[-1], max="5"), firing=True)):
        steps.append(following)

    assert steps == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("most", "factor", "count", "expected"),
    [
        ("20", "20", 1, 5),
        ("20", "20", 19, 20),
        ("10", "25", 1, 4),
        ("10", "100", 1, 10),
        ("3", "1", 1, 2),
        ("10", "0", 4, 4),
    ],
)
def test_a_firing_alert_adds_the_factor_s_share_of_the_maximum(
    most: str, factor: str, count: int, expected: int
) -> None:
    assert after(counted(count, max=most, factor=factor), firing=True) == expected


def test_without_labels_the_step_is_a_tenth_of_the_installation_s_maximum() -> None:
    assert after(counted(1), firing=True) == 3


def test_a_resolved_alert_goes_back_to_the_minimum() -> None:
    assert after(counted(5, max="5"), firing=False) == 1
    assert after(counted(5, min="2", max="5"), firing=False) == 2
    assert after(counted(1, min="0", max="5"), firing=False) == 1


def test_a_resolved_alert_wakes_no_sleeping_function() -> None:
    assert after(counted(0), firing=False) == 0


def test_a_count_above_the_maximum_is_a_person_s_will() -> None:
    assert after(counted(8, max="5"), firing=True) == 8


def test_factor_zero_switches_alerts_off() -> None:
    assert after(counted(4, factor="0"), firing=True) == 4
    assert after(counted(4, factor="0"), firing=False) == 4


def test_a_function_that_the_autoscaler_looks_after_is_left_to_it() -> None:
    assert after(counted(4, type="rps"), firing=True) == 4
    assert after(counted(4, target="50"), firing=False) == 4


def test_the_installation_s_cap_holds_whatever_the_label_says() -> None:
    fn = deployment(labels={"com.openfaas.scale.max": "100", "com.openfaas.scale.factor": "100"})
    capped = Counted(fn, 1, scale_rules(fn, policy(scale_cap=5)), None)

    assert after(capped, firing=True) == 5


def test_a_repeat_within_the_pause_changes_nothing() -> None:
    last = CountChange("alert", "", 1, 2, NOW_NS - 4 * S_NS)
    assert after(counted(2, last, max="5"), firing=True) == 2

    earlier = CountChange("alert", "", 1, 2, NOW_NS - 6 * S_NS)
    assert after(counted(2, earlier, max="5"), firing=True) == 3


@pytest.mark.parametrize(
    "last",
    [
        CountChange("alert", "", 5, 1, NOW_NS - S_NS),
        CountChange("api", "", 1, 2, NOW_NS - S_NS),
    ],
)
def test_only_an_alert_s_own_step_up_makes_it_a_repeat(last: CountChange) -> None:
    assert after(counted(2, last, max="5"), firing=True) == 3


def test_every_function_is_named_once_and_a_firing_alert_wins() -> None:
    found = alerted_functions(
        notification(
            ("resolved", {"alertname": "A", "function_name": "f"}),
            ("firing", {"alertname": "B", "function_name": "f"}),
            ("resolved", {"alertname": "A", "function_name": "g.other"}),
            ("firing", {"alertname": "no function"}),
        )
    )

    assert found == [Alerted("f", True, "B"), Alerted("g.other", False, "A")]


def test_an_alert_without_a_status_has_the_notification_s() -> None:
    found = alerted_functions(notification(("", {"function_name": "f"}), status="firing"))

    assert [alerted.firing for alerted in found] == [True]
