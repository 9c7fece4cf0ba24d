"""What Nomad tells of a replica, a placement or a deployment → why a function is not ready."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.model.nomad import Allocation
from faas_nomad.translate.troubles import (
    KINDS,
    MAX_CHARS,
    Trouble,
    allocation_trouble,
    deployment_trouble,
    is_rollback,
    placement_trouble,
    without_secrets,
)
from support.deployments import deployment
from support.nomad_shapes import allocation


def replica(*events: Any, restarts: int = 0, status: str = "failed") -> Allocation:
    found = allocation("x", status=status)
    found["TaskStates"] = {
        "fn": {"State": "dead", "Failed": True, "Restarts": restarts, "Events": list(events)}
    }
    return found


def event(kind: str, **details: str) -> dict[str, Any]:
    return {"Type": kind, "Details": details, "DisplayMessage": "shown"}


@pytest.mark.parametrize(
    ("found", "kind", "text"),
    [
        (
            event("Driver Failure", driver_error="Failed to pull `x`: not found"),
            "image",
            "the image cannot be had: Failed to pull `x`: not found",
        ),
        (
            event("Driver Failure", driver_error="no such runtime"),
            "setup",
            "it cannot be started: no such runtime",
        ),
        (
            event("Failed Artifact Download", download_error="404"),
            "artifact",
            "an artifact cannot be had: 404",
        ),
        (
            event("Failed Artifact Download", download_error="no match for /a/b-1/getter300/x.tgz"),
            "artifact",
            "an artifact cannot be had: no match for x.tgz",
        ),
        (
            event("Failed Validation", validation_error="bad key"),
            "setup",
            "it cannot be started: bad key",
        ),
        (
            event("Template") | {"DisplayMessage": "Missing: nomad.var.block(p)"},
            "secret",
            "a secret cannot be read: Missing: nomad.var.block(p)",
        ),
        (
            event("Killing", kill_reason="Vault: failed to derive vault token"),
            "secret",
            "a secret cannot be read: Vault: failed to derive vault token",
        ),
        (
            event("Restart Signaled", restart_reason="healthcheck: check h unhealthy"),
            "check",
            "the health check fails: healthcheck: check h unhealthy",
        ),
        (
            event("Terminated", exit_code="137", oom_killed="true", signal="9"),
            "memory",
            "it ran out of memory and was killed, restarted 3 times",
        ),
        (
            event("Terminated", exit_code="2", signal="0"),
            "crash",
            "its process ended with exit code 2, restarted 3 times",
        ),
        (
            event("Terminated", exit_code="0", signal="11"),
            "crash",
            "its process was killed by signal 11, restarted 3 times",
        ),
    ],
)
def test_a_replicas_last_trouble_is_told(found: dict[str, Any], kind: str, text: str) -> None:
    around = replica(event("Received"), found, event("Restarting"), restarts=3)

    assert allocation_trouble(around) == Trouble(kind, text)
    assert kind in KINDS


def test_the_newest_trouble_counts() -> None:
    crashed, oom = event("Terminated", exit_code="1"), event("Terminated", oom_killed="true")

    found = allocation_trouble(replica(crashed, oom))

    assert found is not None
    assert found.kind == "memory"


def test_a_replica_without_trouble_has_none() -> None:
    assert allocation_trouble(replica(event("Received"), event("Started"))) is None
    assert allocation_trouble(allocation("x")) is None


def test_a_lost_replica_is_its_nodes() -> None:
    found = allocation_trouble(allocation("x", status="lost"))

    assert found is not None
    assert found.kind == "node"


def test_a_placement_names_every_constraint_and_resource() -> None:
    metric = {
        "NodesEvaluated": 3,
        "ConstraintFiltered": {"${attr.kernel.name} = plan9": 2},
        "DimensionExhausted": {"memory": 1},
    }

    assert placement_trouble({"FailedTGAllocs": {"fn": metric}}) == Trouble(
        "placement",
        'replicas cannot be placed: "${attr.kernel.name} = plan9" leaves out 2 nodes; '
        "not enough memory on 1 node",
    )


@pytest.mark.parametrize("evaluation", [{}, {"FailedTGAllocs": None}, {"FailedTGAllocs": {}}])
def test_an_evaluation_that_placed_all_tells_nothing(evaluation: dict[str, Any]) -> None:
    assert placement_trouble(evaluation) is None


def test_a_failed_deployment_says_how() -> None:
    said = "Failed due to progress deadline - rolling back to job version 0"

    assert deployment_trouble("failed", said) == Trouble(
        "deployment", f"the deployment failed: {said}"
    )
    assert deployment_trouble("running", "") is None
    assert is_rollback(said)
    assert not is_rollback("Failed due to progress deadline")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("env A=hunter2-hunter2 is bad", "env A=… is bad"),
        ("GET https://u:p@reg.example/x failed", "GET https://…@reg.example/x failed"),
        ("get https://s3/x?X-Amz-Signature=abc: 403", "get https://s3/x?… 403"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("password=abc, user", "password=…, user"),
        ("a\nb\x1b[31m", "a b?[31m"),
    ],
)
def test_nothing_secret_is_in_what_is_shown(said: str, shown: str) -> None:
    fn = deployment(envVars={"A": "hunter2-hunter2", "B": "x"})

    assert without_secrets(Trouble("setup", said), fn).text == shown


@given(st.text(max_size=400), st.text(min_size=8, max_size=40))
def test_what_is_shown_is_one_short_line_without_the_environment(said: str, value: str) -> None:
    fn = deployment(envVars={"A": value})

    shown = without_secrets(Trouble("setup", f"{said} {value} {said}"), fn).text

    assert len(shown) <= MAX_CHARS
    assert shown.isprintable()
    folded = " ".join(value.split())
    if len(folded) >= 8 and "…" not in folded:
        assert folded not in shown
