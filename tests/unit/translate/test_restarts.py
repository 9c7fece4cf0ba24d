"""RestartPolicy, ReschedulePolicy and Disconnect."""

from typing import Any

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.values import S
from support.deployments import OURS, annotated, deployment, group_of, job_of, policy


def restart(**annotations: str) -> dict[str, Any]:
    named = {f"restart__{name}": text for name, text in annotations.items()}
    found: dict[str, Any] = group_of(annotated(**named))["RestartPolicy"]
    return found


def reschedule(**annotations: str) -> dict[str, Any]:
    named = {f"reschedule__{name}": text for name, text in annotations.items()}
    found: dict[str, Any] = group_of(annotated(**named))["ReschedulePolicy"]
    return found


def test_the_defaults_fail_fast_and_try_for_ever() -> None:
    assert restart() == {"Attempts": 3, "Interval": 60 * S, "Delay": S, "Mode": "fail"}
    assert reschedule() == {
        "Unlimited": True,
        "Delay": 5 * S,
        "DelayFunction": "exponential",
        "MaxDelay": 300 * S,
    }


def test_restarts_are_tuned_by_annotations() -> None:
    tuned = restart(attempts="10", interval="10m", delay="15s", mode="delay")

    assert tuned == {"Attempts": 10, "Interval": 600 * S, "Delay": 15 * S, "Mode": "delay"}


def test_the_default_interval_has_room_for_the_restarts() -> None:
    assert restart(attempts="100", delay="1m")["Interval"] == 6000 * S


def test_limited_reschedules_have_an_interval() -> None:
    assert reschedule(attempts="3", delay="10s", max_delay="1m", delay_function="constant") == {
        "Unlimited": False,
        "Attempts": 3,
        "Interval": 3600 * S,
        "Delay": 10 * S,
        "DelayFunction": "constant",
        "MaxDelay": 60 * S,
    }
    assert reschedule(attempts="2", interval="1h", unlimited="false")["Interval"] == 3600 * S


@pytest.mark.parametrize(
    ("function", "span_s"),
    [
        ("constant", 5 * 10),
        ("exponential", 10 + 20 + 40 + 60 + 60),
        ("fibonacci", 10 + 10 + 20 + 30 + 50),
    ],
)
def test_an_interval_must_have_room_for_the_attempts(function: str, span_s: int) -> None:
    tuned = {"attempts": "5", "delay": "10s", "max_delay": "1m", "delay_function": function}

    assert reschedule(**tuned, interval=f"{span_s + 1}s")["Interval"] == (span_s + 1) * S
    with pytest.raises(InvalidDeploymentError, match=rf"interval.*at least {span_s + 1}s"):
        reschedule(**tuned, interval=f"{span_s}s")


def test_the_default_interval_grows_with_the_attempts() -> None:
    assert reschedule(attempts="100")["Interval"] > 100 * 200 * S


@pytest.mark.parametrize(
    ("annotations", "refused_name"),
    [
        ({"restart.attempts": "0", "restart.mode": "delay"}, "restart.attempts"),
        ({"restart.mode": "never"}, "restart.mode"),
        ({"restart.interval": "4s"}, "restart.interval"),
        (
            {"restart.attempts": "5", "restart.delay": "30s", "restart.interval": "1m"},
            "restart.interval",
        ),
        ({"reschedule.attempts": "3", "reschedule.unlimited": "true"}, "reschedule.unlimited"),
        ({"reschedule.unlimited": "false"}, "reschedule.unlimited"),
        ({"reschedule.interval": "1h"}, "reschedule.interval"),
        ({"reschedule.delay": "4s"}, "reschedule.delay"),
        ({"reschedule.delay": "2m", "reschedule.max_delay": "1m"}, "reschedule.max_delay"),
        ({"reschedule.delay_function": "linear"}, "reschedule.delay_function"),
    ],
)
def test_values_that_nomad_would_refuse_are_refused(
    annotations: dict[str, str], refused_name: str
) -> None:
    fn = deployment(annotations={OURS + name: text for name, text in annotations.items()})

    with pytest.raises(InvalidDeploymentError) as refused:
        job_of(fn)

    assert refused.value.field == f'annotations["{OURS}{refused_name}"]'


def test_no_attempts_at_all_is_no_rescheduling() -> None:
    assert reschedule(attempts="0")["Attempts"] == 0


def test_an_unreachable_nodes_instances_are_replaced_after_a_while() -> None:
    assert group_of()["Disconnect"] == {
        "LostAfter": 300 * S,
        "Replace": True,
        "Reconcile": "best_score",
    }
    assert "Disconnect" not in group_of(deployment(), policy(disconnect_lost_after_s=0))
