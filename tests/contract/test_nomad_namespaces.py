"""Namespaces, on both servers."""

import asyncio
from typing import Any

import pytest

from faas_nomad.clients.errors import NotFoundError, RejectedError
from support.nomad_cluster import NomadCluster, eventually
from support.nomad_job_specs import web_job


async def test_a_namespace_is_made_read_listed_and_deleted(
    cluster: NomadCluster, job_id: str
) -> None:
    body = {"Name": job_id, "Description": "a test", "Meta": {"openfaas": "1"}}
    made = await cluster.http.put(f"/v1/namespace/{job_id}", json=body)
    assert made.status_code == 200

    read = await asyncio.to_thread(cluster.second.namespace.get_namespace, job_id)
    listed = (await cluster.client.list_namespaces()).items

    assert {key: read[key] for key in body} == body
    assert {"default", job_id} <= {row["Name"] for row in listed}
    deleted = await cluster.http.delete(f"/v1/namespace/{job_id}")
    gone = await cluster.http.get(f"/v1/namespace/{job_id}")
    assert deleted.status_code == 200
    assert (gone.status_code, gone.text) == (404, "Namespace not found")


async def test_our_own_calls_make_read_change_and_delete_a_namespace(
    cluster: NomadCluster, job_id: str
) -> None:
    client, meta = cluster.client, {"openfaas": "1", "openfaas.label.a/b": "x.y z", "ü": ""}
    await client.write_namespace({"Name": job_id, "Description": "d", "Meta": meta})
    assert (await client.read_namespace(job_id))["Meta"] == meta

    await client.write_namespace({"Name": job_id, "Meta": {}})
    read = await client.read_namespace(job_id)
    assert (read["Description"], read["Meta"] or {}) == ("", {})

    await client.delete_namespace(job_id)
    with pytest.raises(NotFoundError):
        await client.read_namespace(job_id)


async def test_a_wait_for_namespaces_ends_with_the_next_change(
    cluster: NomadCluster, job_id: str
) -> None:
    before = await cluster.client.list_namespaces()
    waiting = asyncio.ensure_future(cluster.client.list_namespaces(before.raft_index, 60))

    async def write() -> bool:
        await cluster.client.write_namespace({"Name": job_id})
        return waiting.done()

    await eventually(write, "the wait has ended")
    names = {row["Name"] for row in (await waiting).items}
    assert job_id in names
    await cluster.client.delete_namespace(job_id)


async def test_jobs_of_namespaces_are_apart(cluster: NomadCluster, job_id: str) -> None:
    await cluster.http.put(f"/v1/namespace/{job_id}", json={"Name": job_id})
    await cluster.register(web_job(job_id, count=0, namespace=job_id))

    with pytest.raises(NotFoundError):
        await cluster.client.read_job(job_id, "default")
    assert (await cluster.client.list_jobs(job_id, "default")).items == []
    (everywhere,) = (await cluster.client.list_jobs(job_id)).items
    assert everywhere["Namespace"] == job_id
    in_use = await cluster.http.delete(f"/v1/namespace/{job_id}")
    assert in_use.status_code in (200, 500)


async def test_a_namespace_with_a_running_job_cannot_be_deleted(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.http.put(f"/v1/namespace/{job_id}", json={"Name": job_id})
    await cluster.register(web_job(job_id, namespace=job_id))

    reply = await cluster.http.delete(f"/v1/namespace/{job_id}")

    assert reply.status_code == 500
    assert f'namespace "{job_id}" has non-terminal jobs' in reply.text


async def test_a_job_needs_its_namespace(cluster: NomadCluster, job_id: str) -> None:
    with pytest.raises(RejectedError, match='nonexistent namespace "nowhere"'):
        await cluster.client.register_job(web_job(job_id, namespace="nowhere"), expected_index=0)


@pytest.mark.parametrize(
    ("name", "body", "status", "text"),
    [
        ("a_b", {"Name": "a_b"}, 500, 'invalid name "a_b"'),
        ("a", {"Name": "b"}, 400, "Namespace name does not match request path"),
        ("a", {"Name": "a", "Description": "x" * 300}, 500, "description longer than 256"),
    ],
)
async def test_a_bad_namespace_is_refused(
    cluster: NomadCluster, name: str, body: dict[str, Any], status: int, text: str
) -> None:
    reply = await cluster.http.put(f"/v1/namespace/{name}", json=body)

    assert reply.status_code == status
    assert text in reply.text


async def test_the_default_namespace_stays(cluster: NomadCluster) -> None:
    reply = await cluster.http.delete("/v1/namespace/default")

    assert (reply.status_code, reply.text) == (500, "can not delete default namespace")
