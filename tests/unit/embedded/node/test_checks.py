"""Checks: which there are, how often they are tried, what passes."""

import httpx
import pytest

from faas_nomad.embedded.node.checks import Check, checks_of, passes, pause_s
from support.embedded_cluster import KEY, ScriptedCluster
from support.nomad_job_specs import SECOND_NS, web_job

SPEC = {"Interval": 10 * SECOND_NS, "Timeout": SECOND_NS, "Path": "health"}
CHECK = Check("c", "http", "127.0.0.1", 80, SPEC)


def test_checks_ask_the_services_port_or_their_own() -> None:
    job = web_job(KEY[1])
    group = job["TaskGroups"][0]
    group["Networks"][0]["DynamicPorts"].append({"Label": "admin"})
    service = group["Services"][0]
    service["Checks"].append({**service["Checks"][0], "Type": "tcp", "PortLabel": "admin"})
    service["Checks"].append({**service["Checks"][0], "PortLabel": "9999"})
    at = ScriptedCluster()
    at.register(job)
    (alloc,) = at.allocs()

    found = checks_of(alloc, "127.0.0.1")

    assert [c.kind for c in found] == ["http", "tcp", "http"]
    assert [c.port for c in found] == [alloc.ports[0].value, alloc.ports[1].value, 9999]
    assert (found[0].name, found[0].interval_s, found[0].timeout_s) == ("health", 1.0, 1.0)


def test_a_start_is_seen_at_once_and_a_running_one_is_left_in_peace() -> None:
    pauses = [pause_s(CHECK, failures, was_passing=False) for failures in range(20)]

    assert pauses[0] == pytest.approx(0.05)
    assert pauses == sorted(pauses)
    assert pauses[-1] == 10
    assert pause_s(CHECK, 0, was_passing=True) == 10


@pytest.mark.parametrize(
    ("status", "passing"), [(200, True), (302, True), (404, False), (500, False)]
)
async def test_http_passes_below_400(status: int, passing: bool) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status)

    spec = {**SPEC, "Method": "POST", "Header": {"X-A": ["1", "2"]}, "Body": "hi"}
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        found = await passes(client, Check("c", "http", "127.0.0.1", 80, spec))

    assert found is passing
    (request,) = asked
    assert (request.method, request.url.path, request.content) == ("POST", "/health", b"hi")
    assert request.headers["X-A"] == "1,2"


async def test_no_answer_does_not_pass() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as client:
        assert not await passes(client, CHECK)
