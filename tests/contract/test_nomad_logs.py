"""Logs of tasks as Nomad serves them, on both servers."""

import base64
import json

from support.nomad_cluster import NomadCluster
from support.nomad_instances import logged
from support.nomad_job_specs import web_job

FN = "fn"


async def test_a_task_writes_logs(cluster: NomadCluster, job_id: str) -> None:
    await cluster.register(web_job(job_id))
    (alloc,) = await cluster.running(job_id, 1)

    out = await logged(cluster, job_id, "serving in")
    err = await logged(cluster, job_id, "to stderr", kind="stderr")

    assert out.endswith(f"/{alloc['ID']}/fn\n")
    assert err == "to stderr\n"


async def test_logs_are_framed_and_can_be_read_from_the_end(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id))
    (alloc,) = await cluster.running(job_id, 1)
    whole = await logged(cluster, job_id, "serving in")
    path = f"/v1/client/fs/logs/{alloc['ID']}"

    framed = await cluster.http.get(path, params={"task": FN, "type": "stdout"})
    tail = await cluster.http.get(
        path,
        params={"task": FN, "type": "stdout", "plain": "true", "origin": "end", "offset": "6"},
    )

    frame, _ = json.JSONDecoder().raw_decode(framed.text)
    assert base64.b64decode(frame["Data"]).decode() == whole
    assert (frame["File"], frame["Offset"]) == ("alloc/logs/fn.stdout.0", len(whole))
    assert tail.text == whole[-6:]


async def test_followed_logs_bring_what_comes_later(cluster: NomadCluster, job_id: str) -> None:
    script = 'echo first; sleep 1; echo "second"; exec sleep 600'
    config = {"command": "/bin/sh", "args": ["-c", script]}
    await cluster.register(web_job(job_id, Config=config))
    await logged(cluster, job_id, "first")
    (alloc,) = await cluster.running(job_id, 1)
    params = {"task": FN, "type": "stdout", "follow": "true", "plain": "true"}

    seen = ""
    async with cluster.http.stream(
        "GET", f"/v1/client/fs/logs/{alloc['ID']}", params=params
    ) as reply:
        async for piece in reply.aiter_text():
            seen += piece
            if "second" in seen:
                break

    assert seen == "first\nsecond\n"


async def test_logs_that_cannot_be_are_refused(cluster: NomadCluster, job_id: str) -> None:
    await cluster.register(web_job(job_id))
    (alloc,) = await cluster.running(job_id, 1)
    good = {"task": FN, "type": "stdout"}
    unknown = "11111111-1111-1111-1111-111111111111"
    cases = [
        (unknown, good, 404, f'Unknown allocation "{unknown}"'),
        (alloc["ID"], {**good, "task": "nope"}, 400, 'unknown task name "nope"'),
        (alloc["ID"], {"task": FN}, 400, "must provide log type (stdout/stderr)"),
        (alloc["ID"], {"type": "stdout"}, 400, "must provide task name"),
        (alloc["ID"], {**good, "origin": "middle"}, 400, "origin must be start or end"),
    ]

    for alloc_id, params, status, text in cases:
        reply = await cluster.http.get(f"/v1/client/fs/logs/{alloc_id}", params=params)

        assert (reply.status_code, reply.text) == (status, text)
