"""The namespace routes, spelled as faas-cli and the SDKs spell them."""

from typing import Any

import pytest

from faas_nomad.clients.errors import DeniedError, RejectedError
from support.control_plane import ControlPlane

MARK = {"openfaas": "1"}
B = {"name": "b", "labels": {**MARK, "team": "x"}, "annotations": {**MARK, "note": "ü {{y}}"}}


async def send(plane: ControlPlane, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = await plane.client.request(method, path, json=body)
    return answer.status_code, answer.text


async def created(plane: ControlPlane, body: Any = B) -> None:
    assert await send(plane, "POST", "/system/namespace/", body) == (201, "")


async def test_the_list_has_openfaas_names(plane: ControlPlane) -> None:
    plane.services.functions.namespaces.learn(frozenset({"default", "team-b"}))

    assert (await plane.client.get("/system/namespaces")).json() == ["openfaas-fn", "team-b"]


@pytest.mark.parametrize("path", ["/system/namespace/", "/system/namespace", "/system/namespace/b"])
async def test_a_namespace_is_made_and_given_back_as_it_was_sent(
    plane: ControlPlane, path: str
) -> None:
    assert await send(plane, "POST", path, B) == (201, "")

    assert (await plane.client.get("/system/namespace/b")).json() == B
    assert (await plane.client.get("/system/namespaces")).json() == ["b", "openfaas-fn"]
    assert plane.nomad.namespaces["b"]["Meta"]["openfaas.label.team"] == "x"


async def test_functions_can_be_deployed_to_it_at_once(plane: ControlPlane) -> None:
    await created(plane)

    body = {"service": "f", "image": "i", "namespace": "b"}
    assert (await send(plane, "POST", "/system/functions", body))[0] == 202
    listed = (await plane.client.get("/system/functions?namespace=b")).json()
    assert [fn["namespace"] for fn in listed] == ["b"]


async def test_an_update_replaces_labels_and_annotations_and_nothing_else(
    plane: ControlPlane,
) -> None:
    await created(plane)
    plane.nomad.namespaces["b"]["Meta"]["owner"] = "ops"
    plane.nomad.namespaces["b"]["Capabilities"] = {"EnabledTaskDrivers": ["docker"]}

    new = {"name": "b", "labels": MARK, "annotations": {"note": "2"}}
    assert await send(plane, "PUT", "/system/namespace/b", new) == (202, "")

    assert (await plane.client.get("/system/namespace/b")).json() == new
    assert plane.nomad.namespaces["b"]["Meta"]["owner"] == "ops"
    assert plane.nomad.namespaces["b"]["Capabilities"] == {"EnabledTaskDrivers": ["docker"]}


@pytest.mark.parametrize("body", [None, {"name": "b", "labels": MARK}])
async def test_an_empty_namespace_is_deleted(plane: ControlPlane, body: Any) -> None:
    await created(plane)

    assert await send(plane, "DELETE", "/system/namespace/b", body) == (202, "")

    assert (await plane.client.get("/system/namespace/b")).status_code == 404
    assert (await plane.client.get("/system/namespaces")).json() == ["openfaas-fn"]


async def test_one_that_holds_functions_stays_and_tells_how_many(plane: ControlPlane) -> None:
    await created(plane)
    for name in ("f", "g"):
        body = {"service": name, "image": "i", "namespace": "b"}
        await plane.client.post("/system/functions", json=body)

    answer = await send(plane, "DELETE", "/system/namespace/b")

    text = "name: the namespace 'b' holds 2 functions; remove them first\n"
    assert answer == (409, text)


async def test_one_that_holds_secrets_stays(plane: ControlPlane) -> None:
    await created(plane)
    secret = {"name": "s", "value": "v", "namespace": "b"}
    assert (await plane.client.post("/system/secrets", json=secret)).is_success

    status, text = await send(plane, "DELETE", "/system/namespace/b")

    assert (status, "holds 1 secret;" in text) == (409, True)


async def test_what_else_nomad_finds_in_it_is_told(plane: ControlPlane) -> None:
    await created(plane)
    plane.nomad.namespace_failure = RejectedError('namespace "b" has non-terminal jobs')

    status, text = await send(plane, "DELETE", "/system/namespace/b")

    assert (status, "has non-terminal jobs" in text) == (409, True)


async def test_the_default_namespace_stays_and_can_be_labelled(plane: ControlPlane) -> None:
    assert (await plane.client.get("/system/namespace/openfaas-fn")).json() == {
        "name": "openfaas-fn",
        "labels": MARK,
        "annotations": {},
    }
    status, text = await send(plane, "DELETE", "/system/namespace/openfaas-fn")
    assert (status, "is the default namespace" in text) == (400, True)

    labelled = {"name": "openfaas-fn", "labels": {**MARK, "a": "b"}, "annotations": {}}
    assert (await send(plane, "PUT", "/system/namespace/openfaas-fn", labelled))[0] == 202
    assert (await plane.client.get("/system/namespace/openfaas-fn")).json() == labelled


@pytest.mark.parametrize("name", ["nowhere", "hidden"])
async def test_what_is_not_there_or_not_for_functions_is_404(
    plane: ControlPlane, name: str
) -> None:
    plane.nomad.namespaces["hidden"] = {"Name": "hidden", "Meta": {"openfaas": "0"}}
    body = {"name": name, "labels": MARK}

    for method in ("GET", "PUT", "DELETE"):
        status, text = await send(plane, method, f"/system/namespace/{name}", body)
        assert (method, status, text) == (method, 404, f"no such namespace: {name}\n")


@pytest.mark.parametrize(("path", "name"), [("%2E", "."), ("a%2Fb", "a/b"), ("a%3Fb", "a?b")])
async def test_what_is_no_name_is_not_asked_for(plane: ControlPlane, path: str, name: str) -> None:
    """Nomad would answer another call than the one for a namespace of that name."""
    plane.nomad.namespaces[name] = {"Name": name, "Meta": {"openfaas": "1"}}

    for method in ("GET", "DELETE"):
        status, text = await send(plane, method, f"/system/namespace/{path}")
        assert (status, text) == (404, f"no such namespace: {name}\n")


@pytest.mark.parametrize("name", ["b", "hidden", "openfaas-fn"])
async def test_what_exists_is_409(plane: ControlPlane, name: str) -> None:
    await created(plane)
    plane.nomad.namespaces["hidden"] = {"Name": "hidden", "Meta": None}

    assert (await send(plane, "POST", "/system/namespace/", {**B, "name": name}))[0] == 409


@pytest.mark.parametrize(
    ("method", "path", "body", "text"),
    [
        ("POST", "/system/namespace/", {"labels": MARK}, "name: empty"),
        ("POST", "/system/namespace/", {"name": "A", "labels": MARK}, 'name: "A", expected'),
        ("POST", "/system/namespace/", {"name": "a/b", "labels": MARK}, 'name: "a/b"'),
        ("POST", "/system/namespace/", {"name": "a" * 64, "labels": MARK}, "at most 63"),
        ("POST", "/system/namespace/", {"name": "c"}, 'expected openfaas: "1"'),
        ("POST", "/system/namespace/", {"name": "c", "labels": {"openfaas": "0"}}, "expected"),
        ("POST", "/system/namespace/", [], "expected a JSON object"),
        ("PUT", "/system/namespace/b", {"name": "c", "labels": MARK}, "as in the path"),
        ("PUT", "/system/namespace/b", {"labels": {}}, 'expected openfaas: "1"'),
        ("DELETE", "/system/namespace/b", {"name": "c"}, "as in the path"),
        ("GET", "/system/namespace/", None, "name: empty"),
    ],
)
async def test_what_is_wrong_is_named(
    plane: ControlPlane, method: str, path: str, body: Any, text: str
) -> None:
    await created(plane)

    status, said = await send(plane, method, path, body)

    assert (status, text in said) == (400, True), said


async def test_without_the_right_the_answer_says_what_it_takes(plane: ControlPlane) -> None:
    plane.nomad.namespace_failure = DeniedError("Permission denied")

    status, text = await send(plane, "POST", "/system/namespace/", B)

    assert (status, "management token" in text) == (403, True)
    assert (await plane.client.get("/system/namespaces")).json() == ["openfaas-fn"]
