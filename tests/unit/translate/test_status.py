"""The JSON of a function's status is what OpenFaaS's own providers send."""

import json
from typing import Any

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.status import Replicas, render_status, rfc3339
from faas_nomad.translate.troubles import Trouble
from support.deployments import deployment

PLAIN = FunctionDeployment(service="f", image="i")
CREATED_NS = 1_700_000_000_000_000_042


def status_of(
    fn: FunctionDeployment, replicas: Replicas, trouble: Trouble | None = None
) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render_status(fn, "ns", replicas, CREATED_NS, trouble))
    return found


def test_what_nobody_sent_and_what_is_zero_is_left_out_but_labels_and_annotations() -> None:
    assert status_of(PLAIN, Replicas(0, 0, 0)) == {
        "name": "f",
        "image": "i",
        "namespace": "ns",
        "labels": {},
        "annotations": {},
        "createdAt": "2023-11-14T22:13:20.000000042Z",
    }


def test_what_was_sent_comes_back_under_openfaas_s_names() -> None:
    fn = deployment(
        envProcess="p",
        envVars={"a": "ä"},
        secrets=["s"],
        limits={"memory": "128Mi"},
        readOnlyRootFilesystem=True,
    )
    status = status_of(fn, Replicas(3, 2, 1))

    assert (status["envProcess"], status["envVars"]) == ("p", {"a": "ä"})
    assert (status["secrets"], status["limits"]) == (["s"], {"memory": "128Mi"})
    assert status["readOnlyRootFilesystem"]
    assert (status["replicas"], status["availableReplicas"]) == (3, 2)
    assert status["updatedReplicas"] == 1


def test_a_trouble_is_told_beside_the_user_s_annotations() -> None:
    fn = deployment(annotations={"a": "b"})
    status = status_of(fn, Replicas(1, 0, 0), Trouble("placement", "no node"))

    assert status["annotations"] == {
        "a": "b",
        "com.openfaas.nomad.status.reason": "placement",
        "com.openfaas.nomad.status.message": "no node",
    }


def test_times_have_all_nanoseconds() -> None:
    assert rfc3339(0) == "1970-01-01T00:00:00.000000000Z"
