"""Update and Migrate fit together whatever part of them a user wrote."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.values import S
from support.deployments import OURS, annotated, deployment, group_of, job_of


def update(**annotations: str) -> dict[str, Any]:
    named = {f"update__{name}": text for name, text in annotations.items()}
    found: dict[str, Any] = group_of(annotated(**named))["Update"]
    return found


def test_the_default_tries_one_canary_and_goes_back_when_it_fails() -> None:
    assert update() == {
        "MaxParallel": 1,
        "HealthCheck": "checks",
        "MinHealthyTime": S,
        "HealthyDeadline": 120 * S,
        "ProgressDeadline": 180 * S,
        "Canary": 1,
        "AutoPromote": True,
        "AutoRevert": True,
    }


def test_the_last_providers_labels_are_honoured() -> None:
    labels = {
        f"{OURS}update.{name}": text
        for name, text in {
            "stagger": "5s",
            "max_parallel": "3",
            "health_check": "task_states",
            "min_healthy_time": "5",
            "healthy_deadline": "2m",
            "progress_deadline": "5m",
            "canary": "0",
            "auto_revert": "true",
            "auto_promote": "false",
        }.items()
    }

    assert group_of(deployment(labels=labels))["Update"] == {
        "Stagger": 5 * S,
        "MaxParallel": 3,
        "HealthCheck": "task_states",
        "MinHealthyTime": 5 * S,
        "HealthyDeadline": 120 * S,
        "ProgressDeadline": 300 * S,
        "Canary": 0,
        "AutoPromote": False,
        "AutoRevert": True,
    }


def test_no_canary_switches_promotion_off() -> None:
    assert update(canary="0")["AutoPromote"] is False


def test_default_deadlines_move_with_what_was_written() -> None:
    moved = update(min_healthy_time="10m")

    assert moved["MinHealthyTime"] < moved["HealthyDeadline"] < moved["ProgressDeadline"]
    assert group_of(annotated(kill_timeout="1h"))["Update"]["ProgressDeadline"] > 3600 * S


@pytest.mark.parametrize("text", ["0", "0s"])
def test_no_progress_deadline_is_a_choice(text: str) -> None:
    assert update(progress_deadline=text)["ProgressDeadline"] == 0


@pytest.mark.parametrize(
    ("annotations", "refused_name"),
    [
        ({"canary": "0", "auto_promote": "true"}, "auto_promote"),
        ({"min_healthy_time": "2m", "healthy_deadline": "2m"}, "healthy_deadline"),
        ({"healthy_deadline": "0"}, "healthy_deadline"),
        ({"healthy_deadline": "5m", "progress_deadline": "5m"}, "progress_deadline"),
        ({"progress_deadline": "1m"}, "progress_deadline"),
        ({"stagger": "0"}, "stagger"),
        ({"health_check": "script"}, "health_check"),
        ({"max_parallel": "-1"}, "max_parallel"),
        ({"auto_revert": "perhaps"}, "auto_revert"),
    ],
)
def test_values_that_contradict_each_other_are_refused(
    annotations: dict[str, str], refused_name: str
) -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        update(**annotations)

    assert refused.value.field == f'annotations["{OURS}update.{refused_name}"]'


def test_checks_cannot_decide_where_there_are_none() -> None:
    with pytest.raises(InvalidDeploymentError, match="task_states or manual"):
        job_of(annotated(check="none", update__health_check="checks"))


def test_a_progress_deadline_below_the_kill_timeout_is_refused() -> None:
    with pytest.raises(InvalidDeploymentError, match="progress_deadline"):
        job_of(annotated(kill_timeout="10m", update__progress_deadline="5m"))


def test_a_drain_never_waits_for_a_person() -> None:
    assert group_of(annotated(update__health_check="manual"))["Migrate"] == {
        "MaxParallel": 1,
        "HealthCheck": "task_states",
        "MinHealthyTime": S,
        "HealthyDeadline": 120 * S,
    }


seconds = st.none() | st.integers(min_value=0, max_value=10_000).map(str)


@given(seconds, seconds, seconds, seconds)
def test_whatever_is_accepted_is_what_nomad_accepts(
    healthy: str | None, deadline: str | None, progress: str | None, kill: str | None
) -> None:
    given_values = {
        "update.min_healthy_time": healthy,
        "update.healthy_deadline": deadline,
        "update.progress_deadline": progress,
        "kill_timeout": kill,
    }
    annotations = {OURS + name: text for name, text in given_values.items() if text is not None}
    try:
        group = group_of(deployment(annotations=annotations))
    except InvalidDeploymentError:
        return
    found, kill_ns = group["Update"], group["Tasks"][0]["KillTimeout"]
    assert 0 <= found["MinHealthyTime"] < found["HealthyDeadline"]
    assert found["ProgressDeadline"] == 0 or (
        found["HealthyDeadline"] < found["ProgressDeadline"]
        and kill_ns <= found["ProgressDeadline"]
    )
