"""Lean reads answer the same bytes as the application, or leave the call to it."""

import base64
import json

import pytest

from faas_nomad.api.lean_reads import LeanReads
from faas_nomad.api.services import BasicAuth
from faas_nomad.translate.usage import Usage
from support.control_plane import ControlPlane, Opened

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
GIVEN = b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic %b\r\n\r\n"


async def deployed(plane: ControlPlane) -> LeanReads:
    body = {"service": "a", "image": "i"}
    assert (await plane.client.post("/system/functions", json=body)).is_success
    return LeanReads(plane.services)


@pytest.mark.parametrize(
    "target",
    [
        "/system/functions",
        "/system/functions?namespace=",
        "/system/function/a",
        "/system/function/a?namespace=openfaas-fn&usage=false",
        "/system/function/a?usage=1",
        "/system/functions?usage=1",
    ],
)
async def test_the_answer_is_the_application_s(plane: ControlPlane, target: str) -> None:
    reads = await deployed(plane)
    plane.services.rendered.usage = lambda _key: Usage(1.0, 2)

    assert reads.body(target.encode(), HEAD) == (await plane.client.get(target)).content


@pytest.mark.parametrize(
    "target",
    [
        "/system/function/b",
        "/system/function/a?namespace=other",
        "/system/function/",
        "/system/functions/",
        "/system/info",
        "/healthz",
        "/system/function/\xff",
    ],
)
async def test_anything_else_is_left_to_the_application(plane: ControlPlane, target: str) -> None:
    reads = await deployed(plane)

    assert reads.body(target.encode("latin-1"), HEAD) is None


async def test_before_nomad_answered_the_application_says_why(plane: ControlPlane) -> None:
    reads = await deployed(plane)
    plane.services.functions.picture.known.clear()

    assert reads.body(b"/system/functions", HEAD) is None


async def test_credentials_are_asked_for(opened: Opened) -> None:
    plane = opened(auth=BasicAuth("u", "p"))
    reads = LeanReads(plane.services)
    right = GIVEN % base64.b64encode(b"u:p")
    wrong = GIVEN % base64.b64encode(b"u:q")

    assert reads.body(b"/system/functions", HEAD) is None
    assert reads.body(b"/system/functions", wrong) is None
    assert reads.body(b"/system/functions", right) == b"[]"
    twice = right.replace(b"\r\n\r\n", b"\r\nAuthorization: Basic x\r\n\r\n")
    assert reads.body(b"/system/functions", twice) is None


async def test_lean_reads_are_counted_as_calls(plane: ControlPlane) -> None:
    reads = await deployed(plane)
    reads.body(b"/system/function/a", HEAD)

    text = (await plane.client.get("/metrics")).text

    counted = 'provider_http_requests_total{code="200",method="GET",path="/system/function"} 1.0'
    assert counted in text


async def test_invocations_are_counted_in_when_somebody_asks(plane: ControlPlane) -> None:
    reads = await deployed(plane)
    counts = {"a.openfaas-fn": 7}
    plane.services.rendered.invocations = lambda name: counts[name]

    status = json.loads(reads.body(b"/system/function/a", HEAD) or b"")
    listed = json.loads(reads.body(b"/system/functions", HEAD) or b"")

    assert status["invocationCount"] == 7
    assert listed == [status]
