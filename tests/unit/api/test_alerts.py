"""`POST /system/alert`, Alertmanager's webhook."""

from typing import Any

import pytest

from faas_nomad.api.services import BasicAuth
from faas_nomad.clients.errors import UnreachableError
from faas_nomad.state.records import JobKey, job_count
from support.control_plane import ControlPlane, Opened

LABELS = {"com.openfaas.scale.max": "5"}
VERSION_4: dict[str, Any] = {
    "version": "4",
    "groupKey": '{}/{service="gateway"}:{alertname="APIHighInvocationRate"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "scale-up",
    "groupLabels": {"alertname": "APIHighInvocationRate"},
    "commonLabels": {"alertname": "APIHighInvocationRate"},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager:9093",
}


def alert(function: str, status: str = "firing") -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "APIHighInvocationRate", "function_name": function},
        "annotations": {"description": "High invocation total"},
        "startsAt": "2026-11-21T10:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "f00",
    }


async def deployed(plane: ControlPlane, *names: str) -> None:
    for name in names:
        body = {"service": name, "image": "i", "labels": LABELS}
        assert (await plane.client.post("/system/functions", json=body)).status_code == 202


def count(plane: ControlPlane, name: str) -> int:
    return job_count(plane.nomad.jobs[JobKey("default", f"openfaas-{name}")])


async def test_one_body_scales_every_function_that_it_names(plane: ControlPlane) -> None:
    await deployed(plane, "a", "b", "c")

    body = {**VERSION_4, "alerts": [alert("a.openfaas-fn"), alert("b"), alert("a.openfaas-fn")]}
    answer = await plane.client.post("/system/alert", json=body)

    assert (answer.status_code, answer.content) == (200, b"")
    assert [count(plane, name) for name in "abc"] == [2, 2, 1]


async def test_a_body_of_version_3_is_taken_too(plane: ControlPlane) -> None:
    await deployed(plane, "a")

    body = {**VERSION_4, "version": "3", "groupKey": 1234567890, "alerts": [alert("a")]}
    assert (await plane.client.post("/system/alert", json=body)).status_code == 200

    assert count(plane, "a") == 2


async def test_a_resolved_alert_scales_back(plane: ControlPlane) -> None:
    await deployed(plane, "a")
    for expected in (2, 3, 4, 5, 5):
        await plane.client.post("/system/alert", json={**VERSION_4, "alerts": [alert("a")]})
        assert count(plane, "a") == expected

    body = {**VERSION_4, "status": "resolved", "alerts": [alert("a", "resolved")]}
    assert (await plane.client.post("/system/alert", json=body)).status_code == 200

    assert count(plane, "a") == 1


async def test_a_function_that_is_not_there_does_not_stop_the_others(plane: ControlPlane) -> None:
    await deployed(plane, "a")

    alerts = [alert("unknown"), alert("a.other-namespace"), alert("a")]
    answer = await plane.client.post("/system/alert", json={**VERSION_4, "alerts": alerts})

    assert answer.status_code == 200
    assert count(plane, "a") == 2


async def test_one_that_fails_does_not_stop_the_others_and_is_told(plane: ControlPlane) -> None:
    await deployed(plane, "a", "b")

    def away() -> None:
        raise UnreachableError("Nomad is away")

    plane.nomad.before_register = [away]
    body = {**VERSION_4, "alerts": [alert("a"), alert("b")]}
    answer = await plane.client.post("/system/alert", json=body)

    assert answer.status_code == 500
    assert answer.text == "1 of 2 functions could not be scaled: a: Nomad is away\n"
    assert (count(plane, "a"), count(plane, "b")) == (1, 2)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"alerts": null}',
        b'{"alerts": {}}',
        b'{"alerts": ["a"]}',
        b'{"alerts": [{"status": 1}]}',
        b'{"alerts": [{"status": "firing", "labels": "a"}]}',
        b'{"alerts": [{"status": "firing", "labels": {"function_name": 5}}]}',
        b'{"alerts": [{"status": "firing"}',
        b"[" * 100_000,
    ],
)
async def test_a_malformed_body_is_refused_in_one_line(plane: ControlPlane, body: bytes) -> None:
    answer = await plane.client.post("/system/alert", content=body)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.count("\n") == 1


async def test_the_webhook_asks_for_credentials(opened: Opened) -> None:
    plane = opened(BasicAuth("u", "p"))

    refused = await plane.client.post("/system/alert", json={"alerts": []})
    taken = await plane.client.post("/system/alert", json={"alerts": []}, auth=("u", "p"))

    assert (refused.status_code, taken.status_code) == (401, 200)
