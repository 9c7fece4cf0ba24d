"""The HTTP surface over an engine with mock tasks; what the contract tests do not reach."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.event_buffer import EventBuffer
from faas_nomad.embedded.http.app import http_app
from faas_nomad.embedded.http.replies import MAX_BODY_BYTES
from faas_nomad.embedded.ports import Ports
from support.embedded_cluster import NODE
from support.nomad_job_specs import SECOND_NS, web_job, with_update


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    made = Engine(NODE, tmp_path, Ports(0, lambda _port: True).take)
    yield made
    await made.close()


@pytest.fixture
async def http(engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(http_app(engine, "127.0.0.1:4647"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


def mock_job(job_id: str, **more: Any) -> dict[str, Any]:
    job = web_job(job_id, Driver="mock_driver", Config={}, **more)
    return with_update(job, MinHealthyTime=SECOND_NS // 100)


async def register(http: httpx.AsyncClient, job: dict[str, Any]) -> None:
    reply = await http.post("/v1/jobs", json={"Job": job})
    assert reply.status_code == 200, reply.text


async def wait_for(http: httpx.AsyncClient, job_id: str, status: str) -> None:
    async with asyncio.timeout(5):
        while True:
            deployment = (await http.get(f"/v1/job/{job_id}/deployment")).json()
            if deployment and deployment["Status"] == status:
                return
            await asyncio.sleep(0.01)


async def test_a_mock_job_is_rolled_out(http: httpx.AsyncClient) -> None:
    await register(http, mock_job("x", count=2))
    await wait_for(http, "x", "successful")

    await register(http, mock_job("x", count=2, Env={"a": "b"}))
    await wait_for(http, "x", "successful")

    allocs = (await http.get("/v1/allocations")).json()
    live = [a for a in allocs if a["DesiredStatus"] == "run"]
    assert [a["JobVersion"] for a in live] == [1, 1]


async def test_a_job_with_a_slash_in_its_id_is_found(http: httpx.AsyncClient) -> None:
    await register(http, {**mock_job("x", count=0), "ID": "a/b"})

    assert (await http.get("/v1/job/a%2Fb")).json()["ID"] == "a/b"
    assert (await http.get("/v1/job/a%2Fb/allocations")).json() == []
    assert (await http.delete("/v1/job/a%2Fb?purge=true")).json()["EvalID"]


async def test_a_job_is_registered_under_the_path_too(http: httpx.AsyncClient) -> None:
    good = await http.post("/v1/job/x", json={"Job": mock_job("x")})
    bad = await http.post("/v1/job/y", json={"Job": mock_job("x")})

    assert good.status_code == 200
    assert (bad.status_code, bad.text) == (400, "Job ID does not match name")


async def test_versions_summary_and_deployments_are_listed(http: httpx.AsyncClient) -> None:
    await register(http, mock_job("x"))
    await wait_for(http, "x", "successful")
    await register(http, mock_job("x", count=3))
    await wait_for(http, "x", "successful")

    versions = (await http.get("/v1/job/x/versions")).json()["Versions"]
    summary = (await http.get("/v1/job/x/summary")).json()
    deployments = (await http.get("/v1/job/x/deployments")).json()

    assert [v["Version"] for v in versions] == [1, 0]
    assert summary["Summary"]["fn"]["Running"] == 3
    assert [d["JobVersion"] for d in deployments] == [1, 0]
    assert len((await http.get("/v1/deployments?namespace=*")).json()) == 2
    assert (await http.get("/v1/evaluations")).json()
    assert (await http.get("/v1/job/y/versions")).status_code == 404


async def test_a_web_page_gets_nothing(http: httpx.AsyncClient) -> None:
    reply = await http.post(
        "/v1/jobs", json={"Job": mock_job("x")}, headers={"Origin": "https://evil.example"}
    )

    assert reply.status_code == 403
    assert (await http.get("/v1/jobs")).json() == []


async def test_a_huge_body_is_refused(http: httpx.AsyncClient) -> None:
    reply = await http.post("/v1/jobs", content=b" " * (MAX_BODY_BYTES + 1))

    assert reply.status_code == 413


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/v1/jobs?meta=maybe", 400, 'Failed to parse value of "meta" (maybe) as a bool'),
        ("/v1/jobs?index=-1", 400, "Invalid index"),
        ("/v1/jobs?index=1&wait=1", 400, "Invalid wait time"),
        ("/v1/jobs?filter=Nope", 400, "failed to read filter expression"),
        ("/v1/event/stream?index=x", 400, "Unable to parse index"),
        ("/v1/var/", 400, "missing variable path"),
        ("/v1/node/nope", 404, "node not found"),
        ("/v1/allocation/nope", 404, "alloc not found"),
        ("/v1/deployment/nope", 404, "deployment not found"),
        ("/v1/evaluation/nope", 404, "eval not found"),
        ("/v1/nothing", 404, ""),
    ],
)
async def test_a_bad_request_is_refused(
    http: httpx.AsyncClient, path: str, status: int, text: str
) -> None:
    await register(http, mock_job("x", count=0))
    reply = await http.get(path)

    assert reply.status_code == status
    assert text in reply.text
    assert reply.headers["content-type"].startswith("text/plain")


async def test_a_log_before_the_start_is_not_found(http: httpx.AsyncClient) -> None:
    template = {"DestPath": "local/x", "EmbeddedTmpl": '{{ with nomadVar "P" }}{{ end }}'}
    job = web_job("x", Templates=[template])
    await register(http, job)
    (alloc,) = (await http.get("/v1/allocations")).json()

    reply = await http.get(f"/v1/client/fs/logs/{alloc['ID']}?task=fn&type=stdout")

    assert reply.status_code == 404
    assert "not started yet" in reply.text


async def test_the_node_tells_its_attributes(http: httpx.AsyncClient) -> None:
    node = (await http.get(f"/v1/node/{NODE.id}")).json()

    assert node["Attributes"]["kernel.name"] == "linux"
    assert node["NodeResources"]["Cpu"] == {"CpuShares": 4000, "TotalCpuCores": 2}
    assert (await http.get("/v1/regions")).json() == ["global"]
    assert (await http.get("/v1/status/peers")).json() == ["127.0.0.1:4647"]
    assert (await http.get("/.well-known/jwks.json")).json() == {"keys": []}


async def test_a_reader_that_lost_events_is_told_and_let_go(
    http: httpx.AsyncClient, engine: Engine
) -> None:
    engine.cluster.store.events = EventBuffer(2)
    reading = asyncio.ensure_future(http.get("/v1/event/stream", params={"topic": "Job"}))
    await asyncio.sleep(0.05)
    for number in range(5):
        posted = {"Job": mock_job(f"x{number}", count=0)}
        engine.write(partial(engine.cluster.register, posted, ""))

    reply = await asyncio.wait_for(reading, 5)

    lines = [json.loads(line) for line in reply.text.splitlines()]
    assert lines[0] == {}
    assert "subscription closed" in lines[-1]["Error"]


async def test_closing_lets_waiting_queries_go(http: httpx.AsyncClient, engine: Engine) -> None:
    waiting = asyncio.ensure_future(http.get("/v1/jobs?index=99&wait=60s"))
    await asyncio.sleep(0.05)

    await engine.close()

    assert (await asyncio.wait_for(waiting, 5)).status_code == 200
