"""Registering, reading, listing and removing jobs, on both servers."""

import asyncio
from typing import Any

import pytest

from faas_nomad.clients.errors import ConflictError, NotFoundError, RejectedError
from support.nomad_cluster import NomadCluster, eventually
from support.nomad_job_specs import SECOND_NS, web_job


async def test_a_registered_job_is_read_back(cluster: NomadCluster, job_id: str) -> None:
    index = await cluster.register(web_job(job_id, count=0))

    job = await cluster.client.read_job(job_id, "default")

    assert job["Meta"] == {"openfaas": "1", "openfaas.spec": '{"service":"x"}'}
    assert job["JobModifyIndex"] == index
    assert (job["Version"], job["Stop"], job["Region"]) == (0, False, "global")
    assert job["TaskGroups"][0]["Count"] == 0
    assert job["TaskGroups"][0]["Update"]["AutoRevert"] is True


async def test_an_independent_client_reads_what_ours_wrote(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id, count=0))

    job = await asyncio.to_thread(cluster.second.job.get_job, job_id)
    listed = await asyncio.to_thread(cluster.second.jobs.get_jobs, prefix=job_id)

    assert job["TaskGroups"][0]["Tasks"][0]["Driver"] == "raw_exec"
    assert [stub["ID"] for stub in listed] == [job_id]


async def test_a_list_has_the_meta_of_jobs_with_the_prefix(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(f"{job_id}-a", count=0))
    await cluster.register(web_job(f"{job_id}-b", count=0))

    found = await cluster.client.list_jobs(f"{job_id}-")
    other = await cluster.client.list_jobs(f"{job_id}-a")

    assert [stub["ID"] for stub in found.items] == [f"{job_id}-a", f"{job_id}-b"]
    assert [stub["ID"] for stub in other.items] == [f"{job_id}-a"]
    assert (found.items[0]["Meta"] or {})["openfaas"] == "1"
    assert found.raft_index > 0


async def test_a_list_can_be_filtered_by_meta(cluster: NomadCluster, job_id: str) -> None:
    other = web_job(f"{job_id}-b", count=0)
    other["Meta"]["openfaas"] = "0"
    await cluster.register(web_job(f"{job_id}-a", count=0))
    await cluster.register(other)

    found = await cluster.get("/v1/jobs", prefix=job_id, filter='Meta["openfaas"] == "1"')

    assert [stub["ID"] for stub in found] == [f"{job_id}-a"]


async def test_a_new_job_must_not_exist(cluster: NomadCluster, job_id: str) -> None:
    await cluster.register(web_job(job_id, count=0), expected_index=0)

    with pytest.raises(ConflictError, match="job already exists"):
        await cluster.register(web_job(job_id, count=0), expected_index=0)


async def test_a_stale_index_loses(cluster: NomadCluster, job_id: str) -> None:
    index = await cluster.register(web_job(job_id, count=0))

    with pytest.raises(ConflictError, match="conflicting job modify index"):
        await cluster.register(web_job(job_id, count=2), expected_index=index - 1)


async def test_an_expected_job_must_exist(cluster: NomadCluster, job_id: str) -> None:
    with pytest.raises(ConflictError, match="job does not exist"):
        await cluster.register(web_job(job_id), expected_index=7)
    cluster.used_jobs.clear()


async def test_the_same_job_again_is_no_new_version(cluster: NomadCluster, job_id: str) -> None:
    first = await cluster.register(web_job(job_id, count=0))
    again = await cluster.register(web_job(job_id, count=0))
    changed = await cluster.register(web_job(job_id, count=0, Env={"a": "b"}))

    assert first == again < changed
    assert (await cluster.client.read_job(job_id, "default"))["Version"] == 1


async def test_what_was_read_can_be_written_back(cluster: NomadCluster, job_id: str) -> None:
    index = await cluster.register(web_job(job_id, count=0))
    job = await cluster.client.read_job(job_id, "default")

    assert await cluster.register(job, expected_index=index) == index


async def test_an_unknown_job_is_not_found(cluster: NomadCluster, job_id: str) -> None:
    with pytest.raises(NotFoundError, match="job not found"):
        await cluster.client.read_job(job_id, "default")
    with pytest.raises(NotFoundError):
        await cluster.client.deregister_job(job_id, "default", purge=True)
    assert await cluster.client.job_allocations(job_id, "default") == []
    assert await cluster.get(f"/v1/job/{job_id}/deployment") is None


async def test_a_stopped_job_stays_listed_until_it_is_purged(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id))
    await cluster.running(job_id, 1)

    await cluster.client.deregister_job(job_id, "default", purge=False)

    (stub,) = (await cluster.client.list_jobs(job_id)).items
    assert stub["Stop"] is True
    await eventually(lambda: _status(cluster, job_id, "dead"), "the job is dead")
    await cluster.client.deregister_job(job_id, "default", purge=True)
    assert (await cluster.client.list_jobs(job_id)).items == []


async def test_a_stopped_job_starts_when_it_is_registered_again(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id))
    await cluster.client.deregister_job(job_id, "default", purge=False)

    await cluster.register(web_job(job_id))

    await cluster.running(job_id, 1)
    assert (await cluster.client.read_job(job_id, "default"))["Stop"] is False


async def test_statuses_have_counts_and_the_latest_deployment(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id, count=2))
    deployment = await cluster.deployment(job_id, "successful")

    (status,) = (await cluster.client.list_statuses(job_id)).items

    assert (status["GroupCountSum"], status["Version"], status["Stop"]) == (2, 0, False)
    latest = status["LatestDeployment"]
    assert latest is not None
    assert (latest["ID"], latest["Status"]) == (deployment["ID"], "successful")


async def test_a_job_scaled_to_none_is_dead_but_not_stopped(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id))
    await cluster.running(job_id, 1)

    await cluster.register(web_job(job_id, count=0))

    await cluster.running(job_id, 0)
    await eventually(lambda: _status(cluster, job_id, "dead"), "the job is dead")
    (status,) = (await cluster.client.list_statuses(job_id)).items
    assert (status["GroupCountSum"], status["Stop"]) == (0, False)


@pytest.mark.parametrize(
    ("part", "change", "text"),
    [
        ("job", {"Priority": 500}, r"job priority must be between \[1, 100\]"),
        ("job", {"ID": "a b"}, "Job ID contains a space"),
        ("job", {"TaskGroups": []}, "Missing job task groups"),
        ("job", {"NodePool": "nope"}, 'nonexistent node pool "nope"'),
        ("group", {"Count": -1}, "Task group count can't be negative"),
        ("group", {"Count": "3"}, "cannot unmarshal string"),
        ("group", {"Scaling": {"Min": 0, "Max": 0}}, "must not be greater than maximum count"),
        ("group", {"EphemeralDisk": {"SizeMB": 20}}, "log storage .* must be less than"),
        ("task", {"Driver": ""}, "Missing task driver"),
        ("task", {"Resources": {"CPU": 10, "MemoryMB": 1}}, "minimum MemoryMB value is 10; got 1"),
        ("task", {"KillTimeout": "5s"}, "cannot unmarshal string"),
        ("task", {"Env": {"a": 1}}, "cannot unmarshal number"),
        ("task", {"Templates": [{"DestPath": "a"}]}, "have an embedded template"),
    ],
)
async def test_a_bad_job_is_refused_with_the_reason(
    cluster: NomadCluster, job_id: str, part: str, change: dict[str, Any], text: str
) -> None:
    job = web_job(job_id)
    group = job["TaskGroups"][0]
    {"job": job, "group": group, "task": group["Tasks"][0]}[part].update(change)

    with pytest.raises(RejectedError, match=text):
        await cluster.client.register_job(job, expected_index=0)
    assert (await cluster.client.list_jobs(job_id)).items == []


async def test_an_update_block_that_does_not_add_up_is_refused(
    cluster: NomadCluster, job_id: str
) -> None:
    job = web_job(job_id)
    job["TaskGroups"][0]["Update"] |= {"HealthyDeadline": SECOND_NS, "MinHealthyTime": SECOND_NS}

    with pytest.raises(RejectedError, match="Minimum healthy time must be less than"):
        await cluster.client.register_job(job, expected_index=0)


async def test_validation_says_what_is_wrong_and_registers_nothing(
    cluster: NomadCluster, job_id: str
) -> None:
    good, bad = web_job(job_id), web_job(job_id)
    bad["Priority"] = 500

    valid = await cluster.http.post("/v1/validate/job", json={"Job": good})
    invalid = await cluster.http.post("/v1/validate/job", json={"Job": bad})

    assert not valid.json().get("Error")
    assert "job priority" in invalid.json()["Error"]
    assert (await cluster.client.list_jobs(job_id)).items == []


async def test_a_plan_tells_what_would_happen(cluster: NomadCluster, job_id: str) -> None:
    await cluster.register(web_job(job_id))
    await cluster.deployment(job_id, "successful")

    reply = await cluster.http.post(
        f"/v1/job/{job_id}/plan", json={"Job": web_job(job_id, Env={"a": "b"})}
    )
    more = await cluster.http.post(f"/v1/job/{job_id}/plan", json={"Job": web_job(job_id, count=3)})

    assert reply.json()["Annotations"]["DesiredTGUpdates"]["fn"]["Canary"] == 1
    assert more.json()["Annotations"]["DesiredTGUpdates"]["fn"]["Place"] == 2
    assert (await cluster.client.read_job(job_id, "default"))["Version"] == 0


async def test_no_job_at_all_is_a_bad_request(cluster: NomadCluster) -> None:
    for body in (b"{}", b"{", b"[]", b'{"Job":{}}'):
        reply = await cluster.http.post("/v1/jobs", content=body)

        assert reply.status_code == 400, body
        assert reply.headers["content-type"].startswith("text/plain")


async def _status(cluster: NomadCluster, job_id: str, wanted: str) -> bool:
    job = await cluster.client.read_job(job_id, "default")
    return bool(job["Status"] == wanted)
