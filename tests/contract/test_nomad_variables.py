"""Variables, and how they reach a task, on both servers."""

import asyncio
import base64
from typing import Any

import pytest

from support.nomad_cluster import NomadCluster, eventually
from support.nomad_job_specs import web_job
from support.processes import processes_of_allocation


async def test_a_variable_is_written_read_listed_and_deleted(
    cluster: NomadCluster, job_id: str
) -> None:
    path = f"openfaas/secrets/{job_id}"
    made = await cluster.http.put(f"/v1/var/{path}", params={"cas": "0"}, json=_items(value="b"))
    assert made.status_code == 200

    second = cluster.second
    read = await asyncio.to_thread(second.variable.get_variable, path)
    listed = await cluster.get("/v1/vars", prefix=path)

    assert read["Items"] == {"value": "b"}
    assert [row["Path"] for row in listed] == [path]
    assert "Items" not in listed[0]
    deleted = await cluster.http.delete(f"/v1/var/{path}")
    gone = await cluster.http.get(f"/v1/var/{path}")
    assert deleted.status_code == 204
    assert (gone.status_code, gone.text) == (404, "variable not found")
    assert (await cluster.http.delete(f"/v1/var/{path}")).status_code == 204


async def test_a_variable_is_guarded_by_its_index(cluster: NomadCluster, job_id: str) -> None:
    path = f"/v1/var/openfaas/secrets/{job_id}"
    first = (await cluster.http.put(path, params={"cas": "0"}, json=_items(k="1"))).json()
    index = str(first["ModifyIndex"])

    again = await cluster.http.put(path, params={"cas": "0"}, json=_items(k="2"))
    right = await cluster.http.put(path, params={"cas": index}, json=_items(k="3"))
    stale = await cluster.http.delete(path, params={"cas": index})

    assert (again.status_code, again.json()["Items"]) == (409, {"k": "1"})
    assert (right.status_code, right.json()["Items"]) == (200, {"k": "3"})
    assert (stale.status_code, stale.json()["Items"]) == (409, {"k": "3"})
    await cluster.http.delete(path)


@pytest.mark.parametrize(
    ("path", "items", "text"),
    [
        ("a.b", {"k": "v"}, "invalid path"),
        ("nomad/own", {"k": "v"}, "only paths at"),
        ("a/b", {}, "missing required Items"),
        ("a/b", {"k": "v" * 65_536}, "limited to 64KiB"),
        ("a/b", {"k": 1}, "cannot unmarshal number"),
    ],
)
async def test_a_bad_variable_is_refused(
    cluster: NomadCluster, path: str, items: dict[str, Any], text: str
) -> None:
    reply = await cluster.http.put(f"/v1/var/{path}", json={"Items": items})

    assert reply.status_code == 400
    assert text in reply.text


async def test_a_task_gets_its_secret_as_a_file_and_its_changes(
    cluster: NomadCluster, job_id: str
) -> None:
    path = f"nomad/jobs/{job_id}/fn/fn"
    await cluster.http.put(f"/v1/var/{path}", json=_items(**{"api-key": _base64("s3cret")}))
    config = {"command": "/bin/sh", "args": ["-c", "exec sleep 600"]}
    template = secret_template(path, "api-key")
    await cluster.register(web_job(job_id, Templates=[template], Config=config))
    (alloc,) = await cluster.running(job_id, 1)

    assert await file_text(cluster, alloc["ID"]) == "s3cret"
    await cluster.http.put(f"/v1/var/{path}", json=_items(**{"api-key": _base64("changed")}))

    async def changed() -> bool:
        return await file_text(cluster, alloc["ID"]) == "changed"

    await eventually(changed, "the file follows the variable")
    (same,) = await cluster.running(job_id, 1)
    assert same["TaskStates"]["fn"]["Restarts"] == 0
    await cluster.http.delete(f"/v1/var/{path}")


async def test_a_task_waits_for_a_variable_that_is_not_there(
    cluster: NomadCluster, job_id: str
) -> None:
    path = f"nomad/jobs/{job_id}/fn/fn"
    config = {"command": "/bin/sh", "args": ["-c", "exec sleep 600"]}
    template = secret_template(path, "api-key")
    await cluster.register(web_job(job_id, Templates=[template], Config=config))

    async def waits() -> bool:
        allocs = await cluster.allocs(job_id)
        states = [s for a in allocs for s in (a["TaskStates"] or {}).values()]
        messages = [e["DisplayMessage"] for s in states for e in s["Events"]]
        return any("Missing: nomad.var.block(" in text for text in messages)

    await eventually(waits, "the task says what it waits for")
    await cluster.http.put(f"/v1/var/{path}", json=_items(**{"api-key": _base64("late")}))
    (alloc,) = await cluster.running(job_id, 1)
    assert await file_text(cluster, alloc["ID"]) == "late"
    await cluster.http.delete(f"/v1/var/{path}")


async def test_a_missing_item_fails_the_task(cluster: NomadCluster, job_id: str) -> None:
    path = f"nomad/jobs/{job_id}/fn/fn"
    await cluster.http.put(f"/v1/var/{path}", json=_items(other="x"))
    await cluster.register(web_job(job_id, Templates=[secret_template(path, "api-key")]))

    async def failed() -> bool:
        return any(a["ClientStatus"] == "failed" for a in await cluster.allocs(job_id))

    await eventually(failed, "the instance failed")
    await cluster.http.delete(f"/v1/var/{path}")


def secret_template(path: str, name: str) -> dict[str, Any]:
    """Return the fail-closed template of one item."""
    text = (
        f'{{{{ with nomadVar "{path}" }}}}{{{{ with (index . "{name}").Value }}}}'
        '{{ base64Decode . }}{{ else }}{{ index (parseJSON "[]") 0 }}{{ end }}{{ end }}'
    )
    dest = "local/secret"
    return {"DestPath": dest, "EmbeddedTmpl": text, "ChangeMode": "noop", "Perms": "0444"}


async def file_text(cluster: NomadCluster, alloc_id: str) -> str:
    """Return the secret as the task has it, read where the task runs: on this machine."""
    root = await cluster.get(f"/v1/allocation/{alloc_id}")
    return await asyncio.to_thread(_read_secret, root["ID"])


def _read_secret(alloc_id: str) -> str:
    (pid, *_) = processes_of_allocation(alloc_id)
    with open(f"/proc/{pid}/cwd/local/secret") as file:
        return file.read()


def _items(**items: str) -> dict[str, Any]:
    return {"Items": items}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
