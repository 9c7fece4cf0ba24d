"""Hostile and mistaken requests: refused in one line that names the field, nothing registered."""

import http.client
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from support.functions import Functions
from support.world import WHATEVER_DRIVER

pytestmark = WHATEVER_DRIVER
BODY_OVER_LIMIT_BYTES = 20 * 1024 * 1024
MAX_LINE_CHARS = 600
DRIVER = "com.openfaas.nomad.driver"


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    content_type: str


def valid(**fields: Any) -> dict[str, Any]:
    return {"service": "bad-input", "image": "functions/none:1", "envProcess": "cat", **fields}


FIELDS: list[tuple[str, dict[str, Any]]] = [
    ("service", valid(service="a/b")),
    ("service", valid(service="..")),
    ("service", valid(service="../../v1/jobs")),
    ("service", valid(service="a b")),
    ("service", valid(service="Upper")),
    ("service", valid(service="a" * 64)),
    ("service", valid(service="a" * 5000)),
    ("service", valid(service="-dash")),
    ("service", valid(service="dot.ted")),
    ("service", valid(service="line\nbreak")),
    ("service", valid(service="nul\0")),
    ("service", valid(service="käse")),
    ("service", valid(service="")),
    ("service", valid(service=None)),
    ("service", valid(service=7)),
    ("image", valid(image="")),
    ("image", valid(image=["a"])),
    ("namespace", valid(namespace="no-such-namespace")),
    ("namespace", valid(namespace="../default")),
    ("namespace", valid(namespace=3)),
    ("envVars", valid(envVars="A=1")),
    ("envVars", valid(envVars={"A": 1})),
    ("envVars", valid(envVars={"A": None, "B": {}})),
    ("envVars", valid(envVars={"NOMAD_PORT_http": "1"})),
    ("labels", valid(labels=["a"])),
    ("labels", valid(labels={"a": 1})),
    ("annotations", valid(annotations={"a": ["b"]})),
    ("secrets", valid(secrets="one")),
    ("constraints", valid(constraints="one")),
    ("constraints", valid(constraints=[1])),
    ("constraints", valid(constraints=["two words"])),
    ("constraints", valid(constraints=["${attr.cpu.arch} ~~ amd64"])),
    ("limits", valid(limits="64Mi")),
    ("limits.memory", valid(limits={"memory": "12Qx"})),
    ("limits.memory", valid(limits={"memory": "-1"})),
    ("limits.memory", valid(limits={"memory": 5})),
    ("limits.cpu", valid(limits={"cpu": "12Qx"})),
    ("requests.memory", valid(requests={"memory": "12Qx"})),
    ("requests.cpu", valid(requests={"cpu": "NaN"})),
    ("readOnlyRootFilesystem", valid(readOnlyRootFilesystem="yes")),
    (DRIVER, valid(annotations={DRIVER: "kvm"})),
    ("com.openfaas.scale.min", valid(labels={"com.openfaas.scale.min": "many"})),
    ("com.openfaas.scale.max", valid(labels={"com.openfaas.scale.max": "-3"})),
]
BODIES = [
    b"",
    b"no JSON",
    b'{"service": "bad-input", "image"',
    b"[]",
    b"null",
    b'"text"',
    b"7",
    b"\xff\xfe{}",
    b"[" * 100_000,
    b'{"service":' * 50_000,
]


@pytest.fixture(autouse=True)
def nothing_is_registered(functions: Functions) -> Iterator[None]:
    """Read by a client of its own: the jobs before and after are the same, to the version."""
    before = registered(functions)
    yield
    assert registered(functions) == before


def registered(functions: Functions) -> set[tuple[str, str, int]]:
    jobs = functions.world.nomad.jobs.get_jobs(namespace="*")
    return {(job["Namespace"], job["ID"], job["JobModifyIndex"]) for job in jobs}


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(("field", "body"), FIELDS)
def test_a_bad_field_is_refused_by_name(
    functions: Functions, method: str, field: str, body: dict[str, Any]
) -> None:
    answer = send(functions, method, "/system/functions", json.dumps(body).encode())

    assert answer.status == 400
    assert_one_line_about(answer, field)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:12]))
def test_a_body_that_is_no_json_object_is_refused(
    functions: Functions, method: str, body: bytes
) -> None:
    answer = send(functions, method, "/system/functions", body)

    assert answer.status == 400
    assert_one_line_about(answer, "body")


def test_a_body_over_the_limit_is_refused_before_it_is_kept(functions: Functions) -> None:
    body = b'{"service": "' + b"a" * BODY_OVER_LIMIT_BYTES + b'"}'

    answer = send(functions, "POST", "/system/functions", body)

    assert answer.status == 413
    assert_one_line_about(answer, "body")


def test_a_chunked_body_over_the_limit_is_refused_too(functions: Functions) -> None:
    chunks = (b" " * 65536 for _ in range(BODY_OVER_LIMIT_BYTES // 65536))

    answer = send(functions, "POST", "/system/functions", chunks)

    assert answer.status == 413


@pytest.mark.parametrize("replicas", [-1, 1.5, "2", None, True, 10**30])
def test_a_bad_number_of_replicas_is_refused_by_name(
    functions: Functions, replicas: object
) -> None:
    body = json.dumps({"serviceName": "none", "replicas": replicas}).encode()

    answer = send(functions, "POST", "/system/scale-function/none", body)

    assert answer.status == 400
    assert_one_line_about(answer, "replicas")


def test_a_delete_without_a_name_is_refused_by_name(functions: Functions) -> None:
    answer = send(functions, "DELETE", "/system/functions", b'{"functionName": ""}')

    assert answer.status == 400
    assert_one_line_about(answer, "functionName")


@pytest.mark.parametrize("name", ["a%2Fb", "..%2F..%2Fv1", "a%20b", "%00", "Upper", "a" * 300])
def test_a_bad_name_in_a_path_is_no_function(functions: Functions, name: str) -> None:
    status = send(functions, "GET", f"/system/function/{name}", b"")
    scale = send(functions, "POST", f"/system/scale-function/{name}", b'{"replicas": 1}')
    invoked = send(functions, "GET", f"/function/{name}", b"")

    assert {status.status, invoked.status} <= {400, 404}
    assert scale.status in (400, 404)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PATCH", "/system/functions", 405),
        ("POST", "/system/function/none", 405),
        ("GET", "/system/scale-function/none", 405),
        ("HEAD", "/system/functions", 405),
        ("HEAD", "/healthz", 200),
        ("GET", "/system/functions/", 404),
        ("GET", "/system/unknown", 404),
        ("GET", "/system/functions?namespace=no-such", 400),
        ("GET", "/system/functions?namespace=", 200),
        ("GET", "/system/function/none", 404),
    ],
)
def test_methods_and_paths_have_the_status_of_the_contract(
    functions: Functions, method: str, path: str, status: int
) -> None:
    assert send(functions, method, path, b"").status == status


def test_keys_in_another_case_and_unknown_keys_are_read_as_go_reads_them(
    functions: Functions,
) -> None:
    body = {"Service": "Upper", "IMAGE": "x", "unknown": {"a": [1]}, "labels": None}

    answer = send(functions, "POST", "/system/functions", json.dumps(body).encode())

    assert answer.status == 400
    assert_one_line_about(answer, "service")


def send(functions: Functions, method: str, path: str, body: bytes | Iterator[bytes]) -> Answer:
    """Send as curl does: the answer is read even if it came before all was sent."""
    address = urlsplit(functions.service.gateway_url)
    assert address.hostname is not None
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, path, body, {"Content-Type": "text/plain"})
        reply = connection.getresponse()
        text = reply.read().decode()
        return Answer(reply.status, text, reply.headers.get("Content-Type", ""))
    finally:
        connection.close()


def assert_one_line_about(answer: Answer, field: str) -> None:
    assert field in answer.text
    assert answer.text.endswith("\n")
    assert answer.text.strip().isprintable()
    assert len(answer.text) <= MAX_LINE_CHARS
    assert answer.content_type == "text/plain; charset=utf-8"
    assert httpx.codes.is_client_error(answer.status)
