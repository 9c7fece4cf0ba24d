"""The secret routes: status codes of the OpenFaaS contract, and no value in any answer."""

import base64
from typing import Any

import pytest

from support.control_plane import ControlPlane, Opened
from support.memory_secrets import MemorySecretStore

SECRET = "s3cret-value"
RAW = base64.b64encode(b"\0\xff raw").decode()
BAD_NAMES = ["", "../x", "a/b", "{{", "a" * 64, "Upper", ".", "a_b", "a\n"]


def kept(plane: ControlPlane) -> dict[tuple[str, str], bytes]:
    store = plane.services.secrets._store
    assert isinstance(store, MemorySecretStore)
    return store.values


async def send(plane: ControlPlane, method: str, **body: Any) -> tuple[int, str]:
    answer = await plane.client.request(method, "/system/secrets", json=body)
    assert SECRET not in answer.text
    return answer.status_code, answer.text


async def test_the_whole_life_of_a_secret(plane: ControlPlane) -> None:
    assert await send(plane, "POST", name="a", value=SECRET) == (202, "")
    assert await send(plane, "PUT", name="a", value="new") == (202, "")
    listed = await plane.client.get("/system/secrets")
    assert listed.json() == [{"name": "a", "namespace": "openfaas-fn"}]
    assert kept(plane) == {("default", "a"): b"new"}

    assert await send(plane, "DELETE", name="a") == (202, "")

    assert (await plane.client.get("/system/secrets?namespace=openfaas-fn")).json() == []


async def test_what_exists_is_409_and_what_does_not_is_404(plane: ControlPlane) -> None:
    await send(plane, "POST", name="a", value=SECRET)

    assert await send(plane, "POST", name="a", value=SECRET) == (
        409,
        "name: secret 'a' exists already; use PUT to update it\n",
    )
    for method in ("PUT", "DELETE"):
        assert await send(plane, method, name="b", value=SECRET) == (404, "no such secret: b\n")


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ({"value": "text\n"}, b"text\n"),
        ({"value": "text", "rawValue": RAW}, b"\0\xff raw"),
        ({"value": "text", "rawValue": ""}, b"text"),
        ({"value": "text", "rawValue": None}, b"text"),
        ({"rawValue": RAW[:4] + "\r\n" + RAW[4:]}, b"\0\xff raw"),
        ({"value": "ünï"}, "ünï".encode()),
        ({"value": ""}, b""),
        ({}, b""),
        ({"Value": "x", "RAWVALUE": "eQ=="}, b"y"),
    ],
)
async def test_a_raw_value_that_is_not_empty_wins(
    plane: ControlPlane, body: dict[str, Any], value: bytes
) -> None:
    assert (await send(plane, "POST", name="a", **body))[0] == 202
    assert kept(plane) == {("default", "a"): value}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("name", BAD_NAMES)
async def test_a_bad_name_is_refused_in_one_line(
    plane: ControlPlane, method: str, name: str
) -> None:
    status, text = await send(plane, method, name=name, value=SECRET)

    assert status == 400
    assert text.startswith("name: ")
    assert text.count("\n") == 1
    assert kept(plane) == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rawValue": "no base64!"}, "rawValue"),
        ({"rawValue": "QUI"}, "rawValue"),
        ({"rawValue": 7}, "rawValue"),
        ({"value": 7}, "value"),
        ({"value": [SECRET]}, "value"),
        ({"namespace": "unknown"}, "namespace"),
        ({"namespace": "../default"}, "namespace"),
        ({"namespace": 3}, "namespace"),
    ],
)
async def test_a_bad_field_is_refused_by_name(
    plane: ControlPlane, body: dict[str, Any], field: str
) -> None:
    for method in ("POST", "PUT"):
        status, text = await send(plane, method, **{"name": "a", **body})
        assert status == 400
        assert field in text
        assert text.count("\n") == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"name":"a","value":"\xff"}'])
async def test_a_body_that_is_no_object_is_refused(plane: ControlPlane, body: bytes) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = await plane.client.request(method, "/system/secrets", content=body)
        assert (answer.status_code, answer.text.count("\n")) == (400, 1)


async def test_a_body_over_the_limit_is_refused_with_the_limit(opened: Opened) -> None:
    plane = opened(max_body_bytes=2048)

    status, text = await send(plane, "POST", name="a", value=SECRET * 1000)

    assert (status, text) == (400, "body: over 2048 bytes\n")


async def test_an_unknown_namespace_has_no_list(plane: ControlPlane) -> None:
    answer = await plane.client.get("/system/secrets?namespace=unknown")

    assert answer.status_code == 400


async def test_each_namespace_has_its_own(plane: ControlPlane) -> None:
    plane.services.functions.namespaces.learn(frozenset({"default", "of-b"}))
    await send(plane, "POST", name="a", value="1")
    await send(plane, "POST", name="a", value="2", namespace="of-b")

    listed = (await plane.client.get("/system/secrets?namespace=of-b")).json()

    assert listed == [{"name": "a", "namespace": "of-b"}]
    assert kept(plane) == {("default", "a"): b"1", ("of-b", "a"): b"2"}


async def test_the_namespace_may_be_in_the_query_and_the_body_wins(plane: ControlPlane) -> None:
    plane.services.functions.namespaces.learn(frozenset({"default", "of-b"}))
    await plane.client.post("/system/secrets?namespace=of-b", json={"name": "a"})
    await plane.client.post(
        "/system/secrets?namespace=of-b", json={"name": "b", "namespace": "openfaas-fn"}
    )

    assert set(kept(plane)) == {("of-b", "a"), ("default", "b")}


async def test_a_function_with_a_missing_secret_is_400_with_its_name(plane: ControlPlane) -> None:
    body = {"service": "a", "image": "i", "secrets": ["missing"]}

    answer = await plane.client.post("/system/functions", json=body)

    assert answer.status_code == 400
    assert answer.text == 'secrets: "missing" is not a secret that exists\n'
    assert plane.nomad.jobs == {}
