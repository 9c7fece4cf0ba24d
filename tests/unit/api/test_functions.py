"""The function routes: status codes, echoes and refusals of the OpenFaaS contract."""

from typing import Any

import pytest

from faas_nomad.state.records import JobKey
from faas_nomad.state.region.jobs import JobReader
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.translate.usage import Usage
from support.control_plane import ControlPlane, Opened
from support.job_meta import read_deployment

FULL = {
    "service": "a",
    "image": "ghcr.io/x/a:1",
    "envProcess": "cat",
    "envVars": {"mode": "ünïcode ${x} {{y}}"},
    "constraints": ["node.datacenter == dc1"],
    "labels": {"team": "a"},
    "annotations": {"topic": "b"},
    "limits": {"memory": "5Mi"},
    "requests": {"cpu": "100m"},
    "readOnlyRootFilesystem": True,
}


async def test_what_was_deployed_comes_back_as_it_was_sent(plane: ControlPlane) -> None:
    answer = await plane.client.post("/system/functions", json=FULL)
    assert (answer.status_code, answer.content) == (202, b"")

    listed = (await plane.client.get("/system/functions")).json()
    one = (await plane.client.get("/system/function/a")).json()

    sent = {key: value for key, value in FULL.items() if key != "service"}
    assert listed == [one]
    assert one == sent | {
        "name": "a",
        "namespace": "openfaas-fn",
        "replicas": 1,
        "createdAt": "2026-11-21T01:40:12.000000001Z",
    }


async def test_no_functions_are_an_empty_list(plane: ControlPlane) -> None:
    answer = await plane.client.get("/system/functions?namespace=")

    assert answer.content == b"[]"
    assert answer.headers["content-type"] == "application/json"


async def test_labels_and_annotations_are_always_objects(plane: ControlPlane) -> None:
    bare = {"service": "a", "image": "i", "labels": None}
    await plane.client.post("/system/functions", json=bare)

    one = (await plane.client.get("/system/function/a")).json()

    assert (one["labels"], one["annotations"]) == ({}, {})
    assert "limits" not in one


async def test_keys_match_in_any_case_and_unknown_ones_are_ignored(plane: ControlPlane) -> None:
    body = b'{"SERVICE":"a","Image":"i","surprise":{"x":1},"registryAuth":"x"}'

    assert (await plane.client.post("/system/functions", content=body)).status_code == 202
    assert (await plane.client.get("/system/function/a")).json()["image"] == "i"


async def test_the_content_type_does_not_matter(plane: ControlPlane) -> None:
    answer = await plane.client.post(
        "/system/functions",
        content=b'{"service":"a","image":"i"}',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 202


async def test_a_write_is_answered_once_it_holds_for_all_callers(plane: ControlPlane) -> None:
    written: list[str] = []

    async def settled(function: str) -> None:
        written.append(function)

    plane.services.callers.settled = settled
    named = {"functionName": "a"}
    await plane.client.post("/system/functions", json=FULL)
    await plane.client.put("/system/functions", json=FULL)
    await plane.client.post("/system/scale-function/a", json={"replicas": 2})
    await plane.client.request("DELETE", "/system/functions", json=named)
    await plane.client.request("DELETE", "/system/functions", json=named)

    assert written == ["a"] * 4


async def test_an_update_of_an_unknown_function_is_404(plane: ControlPlane) -> None:
    answer = await plane.client.put("/system/functions", json=FULL)

    assert answer.status_code == 404
    assert answer.text == "no such function: a\n"


async def test_deploying_twice_is_409(plane: ControlPlane) -> None:
    await plane.client.post("/system/functions", json=FULL)

    assert (await plane.client.post("/system/functions", json=FULL)).status_code == 409


async def test_an_update_replaces(plane: ControlPlane) -> None:
    await plane.client.post("/system/functions", json=FULL)

    assert (await plane.client.put("/system/functions", json=FULL | {"image": "i:2"})).is_success
    assert (await plane.client.get("/system/function/a")).json()["image"] == "i:2"


@pytest.mark.parametrize("query", ["", "?namespace=openfaas-fn"])
async def test_scaling_takes_the_name_from_the_path(plane: ControlPlane, query: str) -> None:
    await plane.client.post("/system/functions", json=FULL)

    answer = await plane.client.post(f"/system/scale-function/a{query}", json={"replicas": 0})

    assert answer.status_code == 202
    assert "replicas" not in (await plane.client.get("/system/function/a")).json()


async def test_deleting_frees_the_name(plane: ControlPlane) -> None:
    await plane.client.post("/system/functions", json=FULL)
    body = {"functionName": "a", "namespace": "openfaas-fn"}

    gone = await plane.client.request("DELETE", "/system/functions", json=body)
    again = await plane.client.request("DELETE", "/system/functions", json=body)

    assert (gone.status_code, again.status_code) == (202, 404)
    assert (await plane.client.get("/system/function/a")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "/system/functions", b"", "body: no JSON"),
        ("POST", "/system/functions", b"[" * 100_000, "body: no JSON"),
        ("POST", "/system/functions", b"[]", "body: a JSON array, expected a JSON object"),
        ("POST", "/system/functions", b'{"service":1}', "service: a JSON number, expected a valid"),
        (
            "POST",
            "/system/functions",
            b'{"service":"a","image":"i","envVars":{"K":5}}',
            "envVars.K: a JSON number",
        ),
        ("POST", "/system/functions", b'{"image":"i"}', "service"),
        ("POST", "/system/functions", b'{"service":"a"}', "image"),
        ("POST", "/system/functions", b'{"service":"a","image":"i","namespace":"x"}', "namespace"),
        ("PUT", "/system/functions", b'{"service":"A","image":"i"}', "service"),
        ("DELETE", "/system/functions", b"{}", "functionName"),
        ("POST", "/system/scale-function/a", b'{"replicas":-1}', "replicas"),
        ("POST", "/system/scale-function/a", b'{"replicas":1.5}', "replicas"),
        ("POST", "/system/scale-function/a", b"{}", "replicas"),
        ("POST", "/system/scale-function/a", b'{"serviceName":"b","replicas":1}', "serviceName"),
        ("GET", "/system/functions?namespace=x", b"", "namespace"),
        ("GET", "/system/function/a?namespace=x", b"", "namespace"),
    ],
)
async def test_bad_input_is_refused_on_one_line_that_names_the_field(
    plane: ControlPlane, method: str, path: str, body: bytes, said: str
) -> None:
    answer = await plane.client.request(method, path, content=body)

    assert answer.status_code == 400
    assert said in answer.text
    assert answer.text.count("\n") == 1
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert plane.nomad.registered == 0


async def test_a_secret_in_a_wrong_field_is_not_repeated(plane: ControlPlane) -> None:
    body: dict[str, Any] = {"service": "a", "image": "i", "envVars": {"K": ["hunter2"]}}

    assert "hunter2" not in (await plane.client.post("/system/functions", json=body)).text


async def test_a_body_over_the_limit_is_413(opened: Opened) -> None:
    plane = opened(max_body_bytes=100)

    answer = await plane.client.post("/system/functions", content=b"x" * 101)

    assert answer.status_code == 413
    assert answer.text == "body: over 100 bytes\n"


@pytest.mark.parametrize("name", ["b", "a%0Ab", "A", ".."])
async def test_an_unknown_name_is_404(plane: ControlPlane, name: str) -> None:
    assert (await plane.client.get(f"/system/function/{name}")).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/system/function/a%0A%1B[2Jb", "/system/namespace/a%00b", "/system/logs?name=a%0D%0Ab"],
)
async def test_a_name_that_is_said_again_stays_on_one_line(plane: ControlPlane, path: str) -> None:
    text = (await plane.client.get(path)).text

    assert text.endswith("b\n")
    assert text.removesuffix("\n").isprintable()


async def test_an_answer_does_not_grow_with_what_was_asked(plane: ControlPlane) -> None:
    assert len((await plane.client.get(f"/system/function/{'a' * 60_000}")).text) == 1001


async def test_a_wrong_method_is_405_with_no_body(plane: ControlPlane) -> None:
    answer = await plane.client.patch("/system/functions")

    assert (answer.status_code, answer.content) == (405, b"")


@pytest.mark.parametrize("path", ["/system/unknown", "/system/functions/", "/"])
async def test_an_unknown_path_is_404(plane: ControlPlane, path: str) -> None:
    answer = await plane.client.get(path)

    assert (answer.status_code, answer.text) == (404, "404 page not found\n")


async def test_before_nomad_ever_answered_nothing_is_said_of_functions(plane: ControlPlane) -> None:
    plane.services.functions.picture.known.clear()
    plane.services.backends.add("nomad").lost(0.0, "connection refused")

    answer = await plane.client.get("/system/functions")

    assert answer.status_code == 503
    assert answer.text == "Nomad has not answered yet: connection refused\n"


async def test_usage_is_told_only_to_those_who_ask_and_only_when_it_is_known(
    plane: ControlPlane,
) -> None:
    for name in ("a", "b"):
        body = {"service": name, "image": "i"}
        assert (await plane.client.post("/system/functions", json=body)).is_success
    used = JobKey("default", "openfaas-a")
    plane.services.rendered.usage = lambda key: Usage(12.34, 4096) if key == used else None

    usage = {"cpu": 12.3, "totalMemoryBytes": 4096}
    assert (await plane.client.get("/system/function/a?usage=1")).json()["usage"] == usage
    assert "usage" not in (await plane.client.get("/system/function/a?usage=false")).json()
    assert "usage" not in (await plane.client.get("/system/function/a")).json()
    assert "usage" not in (await plane.client.get("/system/function/b?usage=1")).json()
    listed = (await plane.client.get("/system/functions?usage=true")).json()
    assert [fn.get("usage") for fn in listed] == [usage, None]


async def test_while_a_region_was_never_seen_unknown_names_may_be_in_it(
    plane: ControlPlane,
) -> None:
    functions = plane.services.functions
    functions.picture.regions["west"] = RegionPicture(JobReader(read_deployment), "west")
    plane.services.backends.add("nomad-west").lost(0.0, "no path to region")
    said = "Nomad has not answered yet for the region west: no path to region\n"

    answers = [
        await plane.client.get("/system/function/a"),
        await plane.client.get("/system/logs", params={"name": "a"}),
        await plane.client.post("/system/scale-function/a", json={"replicas": 2}),
        await plane.client.request("DELETE", "/system/functions", json={"functionName": "a"}),
    ]
    assert [(one.status_code, one.text) for one in answers] == [(503, said)] * 4

    deployed = await plane.client.post("/system/functions", json={"service": "a", "image": "i:1"})
    assert deployed.status_code == 202
    assert (await plane.client.get("/system/function/a")).status_code == 200
    assert (await plane.client.get("/system/functions")).status_code == 200
