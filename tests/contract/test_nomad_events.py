"""The event stream and blocking queries, on both servers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from faas_nomad.clients.nomad_events import open_event_stream
from support.nomad_cluster import NomadCluster, eventually, is_live
from support.nomad_job_specs import broken, web_job


class Recorder:
    """The events of one job, as our own client reads them."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self.events: list[dict[str, Any]] = []

    def take(self, event: dict[str, Any]) -> None:
        """Keep the event when it is of the job."""
        if event["Key"] == self.job_id or self.job_id in (event["FilterKeys"] or []):
            self.events.append(event)

    def of(self, topic: str) -> list[dict[str, Any]]:
        """Return the payloads of one topic, in the order they came."""
        return [e["Payload"][topic] for e in self.events if e["Topic"] == topic]

    async def until(self, topic: str, what: str, **wanted: Any) -> dict[str, Any]:
        """Wait for a payload that has these values; return the first."""

        async def probe() -> dict[str, Any] | None:
            for row in self.of(topic):
                if all(row.get(key) == value for key, value in wanted.items()):
                    return row
            return None

        return dict(await eventually(probe, what))


@asynccontextmanager
async def recorded(cluster: NomadCluster, job_id: str) -> AsyncIterator[Recorder]:
    """Read the stream until the block ends."""
    recorder = Recorder(job_id)

    async def read() -> None:
        async with open_event_stream(cluster.client.backend, "default") as batches:
            async for batch in batches:
                opened.set()
                for event in batch:
                    recorder.take(dict(event))

    opened = asyncio.Event()
    reading = asyncio.ensure_future(read())
    await asyncio.wait_for(opened.wait(), 10)
    try:
        yield recorder
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def test_the_stream_tells_a_jobs_whole_life(cluster: NomadCluster, job_id: str) -> None:
    async with recorded(cluster, job_id) as stream:
        index = await cluster.register(web_job(job_id))
        job = await stream.until("Job", "the job is told", JobModifyIndex=index)
        placed = await stream.until("Allocation", "a placing is told", ClientStatus="pending")
        runs = await stream.until("Allocation", "a running one is told", ClientStatus="running")
        rollout = await stream.until("Deployment", "its success is told", Status="successful")
        await cluster.client.deregister_job(job_id, "default", purge=False)
        await stream.until("Allocation", "its stop is told", DesiredStatus="stop")
        await stream.until("Job", "the job's end is told", Stop=True)
        gone = await stream.until("Allocation", "its end is told", ClientStatus="complete")

    kinds = [event["Type"] for event in stream.events]
    assert kinds[0] == "JobRegistered"
    assert {"PlanResult", "AllocationUpdated", "JobDeregistered"} <= set(kinds)
    assert job["Meta"]["openfaas"] == "1"
    assert placed["ID"] == runs["ID"] == gone["ID"]
    assert runs["AllocatedResources"]["Shared"]["Ports"][0]["Label"] == "http"
    assert runs["DeploymentID"] == rollout["ID"]
    assert (rollout["JobID"], rollout["JobVersion"]) == (job_id, 0)
    assert "JobVersion" not in runs
    assert "Job" not in runs


async def test_indexes_never_fall(cluster: NomadCluster, job_id: str) -> None:
    async with recorded(cluster, job_id) as stream:
        await cluster.register(web_job(job_id))
        await stream.until("Deployment", "its success is told", Status="successful")

    indexes = [event["Index"] for event in stream.events]
    assert indexes == sorted(indexes)
    assert all(event["Namespace"] == "default" for event in stream.events)


async def test_a_purge_tells_only_of_the_job_and_its_evaluation(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id))
    await cluster.deployment(job_id, "successful")

    async with recorded(cluster, job_id) as stream:
        known = len(stream.events)
        await cluster.client.deregister_job(job_id, "default", purge=True)

        async def told() -> bool:
            return any(e["Type"] == "JobDeregistered" for e in stream.events)

        await eventually(told, "the purge is told")

    later = [e for e in stream.events[known:] if e["Type"] == "JobDeregistered"]
    (purge,) = [e for e in later if e["Topic"] == "Job"]
    assert purge["Payload"]["Job"]["Stop"] is False
    told_since = [e for e in stream.events if e["Index"] >= purge["Index"]]
    assert [e for e in told_since if e["Topic"] != "Evaluation"] == [purge]
    assert await cluster.allocs(job_id) == []


async def test_a_promotion_and_a_revert_are_told(cluster: NomadCluster, job_id: str) -> None:
    await cluster.register(web_job(job_id))
    await cluster.deployment(job_id, "successful")

    async with recorded(cluster, job_id) as stream:
        await cluster.register(web_job(job_id, Env={"a": "b"}))
        await cluster.deployment(job_id, "successful", version=1)
        await cluster.register(broken(web_job(job_id)))
        bad = await cluster.deployment(job_id, "running", version=2)
        await cluster.http.put(f"/v1/deployment/fail/{bad['ID']}", json={"DeploymentID": bad["ID"]})
        await stream.until("Deployment", "the failure is told", Status="failed", ID=bad["ID"])
        reverted = await stream.until("Job", "the revert is told", Version=3)

    kinds = {event["Type"] for event in stream.events}
    assert {"DeploymentPromotion", "DeploymentStatusUpdate"} <= kinds
    assert reverted["Stable"] is True


async def test_a_stream_from_an_index_begins_there(cluster: NomadCluster, job_id: str) -> None:
    await cluster.register(web_job(f"{job_id}-a", count=0))
    second = await cluster.register(web_job(f"{job_id}-b", count=0))

    lines = await first_lines(cluster, {"topic": "Job", "index": str(second)}, 1)

    (event, *_) = lines[0]["Events"]
    assert event["Index"] == second
    assert event["Key"] == f"{job_id}-b"


async def test_a_topic_can_name_a_job(cluster: NomadCluster, job_id: str) -> None:
    await cluster.register(web_job(f"{job_id}-a"))
    await cluster.register(web_job(f"{job_id}-b"))
    await cluster.running(f"{job_id}-b", 1)

    lines = await first_lines(cluster, {"topic": f"Allocation:{job_id}-b"}, 2)

    events = [event for line in lines for event in line["Events"]]
    assert {e["Payload"]["Allocation"]["JobID"] for e in events} == {f"{job_id}-b"}


async def test_another_namespaces_events_are_not_told(cluster: NomadCluster, job_id: str) -> None:
    await cluster.http.put(f"/v1/namespace/{job_id}", json={"Name": job_id})
    await cluster.register(web_job(job_id, count=0, namespace=job_id))

    lines = await first_lines(cluster, {"topic": "Job", "namespace": job_id}, 1)

    keys = {event["Key"] for line in lines for event in line["Events"]}
    assert keys == {job_id}


async def first_lines(
    cluster: NomadCluster, params: dict[str, str], count: int
) -> list[dict[str, Any]]:
    """Return the first lines with events of a stream."""
    found: list[dict[str, Any]] = []
    async with cluster.http.stream("GET", "/v1/event/stream", params=params) as reply:
        async for line in reply.aiter_lines():
            batch = json.loads(line)
            if batch.get("Events"):
                found.append(batch)
            if len(found) >= count:
                break
    return found


async def test_a_topic_that_is_none_is_refused(cluster: NomadCluster) -> None:
    reply = await cluster.http.get("/v1/event/stream", params={"topic": "Job:a:b"})

    assert reply.status_code == 400
    assert "Invalid key value pair for topic, topic: Job:a:b" in reply.text


async def test_a_blocking_query_wakes_at_a_change(cluster: NomadCluster, job_id: str) -> None:
    index = (await cluster.client.list_jobs(job_id)).raft_index
    params = {"index": str(index), "wait": "10s", "prefix": job_id}

    async def waiting() -> list[str]:
        """Wait as a client does: again while the news was of other jobs."""
        while True:
            reply = await cluster.http.get("/v1/jobs", params=params)
            params["index"] = reply.headers["X-Nomad-Index"]
            if reply.json():
                return [stub["ID"] for stub in reply.json()]

    pending = asyncio.ensure_future(waiting())
    await asyncio.sleep(0)
    await cluster.register(web_job(job_id, count=0))

    assert await asyncio.wait_for(pending, 10) == [job_id]


async def test_a_blocking_query_returns_when_its_wait_is_over(
    cluster: NomadCluster, job_id: str
) -> None:
    found = await cluster.http.get("/v1/allocations")
    index = found.headers["X-Nomad-Index"]

    reply = await cluster.http.get("/v1/allocations", params={"index": index, "wait": "300ms"})

    assert reply.status_code == 200
    assert int(reply.headers["X-Nomad-Index"]) >= int(index)


async def test_an_index_that_is_none_is_refused(cluster: NomadCluster) -> None:
    bad_index = await cluster.http.get("/v1/jobs", params={"index": "x"})
    bad_wait = await cluster.http.get("/v1/jobs", params={"index": "1", "wait": "soon"})

    assert (bad_index.status_code, bad_index.text) == (400, "Invalid index")
    assert (bad_wait.status_code, bad_wait.text) == (400, "Invalid wait time")


async def test_an_allocation_query_wakes_when_an_instance_runs(
    cluster: NomadCluster, job_id: str
) -> None:
    index = (await cluster.http.get("/v1/allocations")).headers["X-Nomad-Index"]
    await cluster.register(web_job(job_id))

    live: list[dict[str, Any]] = []
    while not live:
        reply = await cluster.http.get("/v1/allocations", params={"index": index, "wait": "10s"})
        index = reply.headers["X-Nomad-Index"]
        live = [a for a in reply.json() if a["JobID"] == job_id and is_live(a)]

    assert len(live) == 1
