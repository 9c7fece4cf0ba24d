"""Time limits that a function's environment sets."""

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.timeouts import timeout_of
from faas_nomad.translate.values import S
from support.deployments import OURS, annotated, deployment, job_of, task_of


def test_a_function_without_timeouts_has_no_limit_of_its_own() -> None:
    assert timeout_of(deployment()) is None
    assert timeout_of(deployment(envVars={"exec_timeout": "0", "read_timeout": ""})) is None


def test_the_longest_timeout_is_the_functions_limit() -> None:
    env = {"read_timeout": "10s", "write_timeout": "1m30s", "exec_timeout": "45"}

    assert timeout_of(deployment(envVars=env)) == 90


@pytest.mark.parametrize(
    ("env", "kill_s"),
    [
        ({}, 30),
        ({"write_timeout": "10s"}, 21),
        ({"write_timeout": "10s", "healthcheck_interval": "5s"}, 16),
        ({"healthcheck_interval": "5"}, 36),
        ({"exec_timeout": "10m"}, 30),
    ],
)
def test_a_watchdog_gets_the_time_that_its_stop_takes(env: dict[str, str], kill_s: int) -> None:
    assert task_of(deployment(envVars=env))["KillTimeout"] == kill_s * S


def test_an_annotation_sets_the_kill_timeout() -> None:
    fn = deployment(envVars={"write_timeout": "10s"}, annotations={f"{OURS}kill_timeout": "2m"})

    assert task_of(fn)["KillTimeout"] == 120 * S


@pytest.mark.parametrize(
    "name", ["read_timeout", "write_timeout", "exec_timeout", "healthcheck_interval"]
)
def test_a_timeout_that_is_no_duration_is_refused_without_its_value(name: str) -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        job_of(deployment(envVars={name: "hunter2"}))

    assert refused.value.field == f'envVars["{name}"]'
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("1h30m", 5400), ("0", 0), ("7", 7)])
def test_the_annotation_wins_over_the_environment(text: str, seconds: float) -> None:
    fn = deployment(envVars={"exec_timeout": "30s"}, annotations={f"{OURS}timeout": text})

    assert timeout_of(fn) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1s", "1 s"])
def test_an_annotation_that_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidDeploymentError, match="timeout"):
        job_of(annotated(timeout=text))
