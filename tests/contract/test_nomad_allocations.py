"""What an instance gets, how it is reached, and how its count changes, on both servers."""

import base64
import json
from typing import Any

import httpx

from support.nomad_cluster import NomadCluster, eventually, is_live, url_of
from support.nomad_job_specs import SECOND_NS, broken, web_job

FN = "fn"


async def shown_environment(cluster: NomadCluster, alloc: dict[str, Any]) -> dict[str, str]:
    """Return the environment that the instance answers with, once it answers."""

    async def probe() -> dict[str, str] | None:
        try:
            reply = await cluster.http.get(url_of(alloc))
        except httpx.TransportError:
            return None
        return dict(reply.json())

    return dict(await eventually(probe, "the instance answers"))


async def last_events(cluster: NomadCluster, job_id: str) -> list[str]:
    """Return the kinds of all task events of the job's instances."""
    allocs = await cluster.allocs(job_id)
    states = [state for a in allocs for state in (a["TaskStates"] or {}).values()]
    return [event["Type"] for state in states for event in state["Events"]]


async def test_instances_are_reached_at_their_ports(cluster: NomadCluster, job_id: str) -> None:
    await cluster.register(web_job(job_id, count=2))
    allocs = await cluster.running(job_id, 2)

    shown = [await shown_environment(cluster, alloc) for alloc in allocs]

    assert {env["NOMAD_ALLOC_ID"] for env in shown} == {alloc["ID"] for alloc in allocs}
    assert len({env["NOMAD_PORT_http"] for env in shown}) == 2


async def test_our_own_list_has_the_live_ones_with_their_ports(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id))
    (expected,) = await cluster.running(job_id, 1)

    found = await cluster.client.list_allocations(job_id)

    assert [alloc["ID"] for alloc in found.items] == [expected["ID"]]
    assert url_of(dict(found.items[0])) == url_of(expected)
    assert found.items[0].get("TaskStates") is None


async def test_a_task_sees_nomads_variables(cluster: NomadCluster, job_id: str) -> None:
    await cluster.register(web_job(job_id))
    (alloc,) = await cluster.running(job_id, 1)

    env = await shown_environment(cluster, alloc)

    port = url_of(alloc).rpartition(":")[2]
    assert env["NOMAD_PORT_http"] == env["NOMAD_HOST_PORT_http"] == port
    assert env["NOMAD_ADDR_http"] == f"{env['NOMAD_IP_http']}:{port}"
    assert env["NOMAD_JOB_ID"] == env["NOMAD_JOB_NAME"] == job_id
    assert (env["NOMAD_GROUP_NAME"], env["NOMAD_TASK_NAME"]) == (FN, FN)
    assert (env["NOMAD_ALLOC_INDEX"], env["NOMAD_ALLOC_NAME"]) == ("0", f"{job_id}.fn[0]")
    assert (env["NOMAD_NAMESPACE"], env["NOMAD_REGION"]) == ("default", "global")
    assert env["NOMAD_META_openfaas"] == env["NOMAD_META_OPENFAAS"] == "1"
    assert env["NOMAD_CPU_LIMIT"] == "10"
    assert env["NOMAD_TASK_DIR"] == f"{env['NOMAD_SECRETS_DIR'].removesuffix('secrets')}local"
    assert "PATH" in env


async def test_the_environment_is_interpolated_once(cluster: NomadCluster, job_id: str) -> None:
    given = {
        "port": "${NOMAD_PORT_http}",
        "meta": "${NOMAD_META_openfaas}{x}",
        "unknown": "${nobody.knows}",
        "doubled": "$${NOMAD_GROUP_NAME}",
        "kernel": "${attr.kernel.name}",
        "own": "plain",
    }
    await cluster.register(web_job(job_id, Env=given))
    (alloc,) = await cluster.running(job_id, 1)

    env = await shown_environment(cluster, alloc)

    assert {key: env[key] for key in given} == {
        "port": env["NOMAD_PORT_http"],
        "meta": "1{x}",
        "unknown": "${nobody.knows}",
        "doubled": "$fn",
        "kernel": "linux",
        "own": "plain",
    }


async def test_a_literal_template_becomes_a_file(cluster: NomadCluster, job_id: str) -> None:
    content = base64.b64encode(b"raw \x00 bytes ${x} {{ y }}").decode()
    template = {
        "DestPath": "local/data.bin",
        "EmbeddedTmpl": f'{{{{ "{content}" | base64Decode }}}}',
        "ChangeMode": "noop",
        "Perms": "0440",
    }
    command = "ls -l local/data.bin; od -c local/data.bin; pwd; exec sleep 600"
    config = {"command": "/bin/sh", "args": ["-c", command]}
    await cluster.register(web_job(job_id, Templates=[template], Config=config))

    text = await logged(cluster, job_id, "/fn\n")

    assert text.startswith("-r--r-----")
    assert "\\0       b   y   t   e   s" in text.replace("  \\0", "\\0")


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


async def test_a_stopped_task_gets_its_kill_signal(cluster: NomadCluster, job_id: str) -> None:
    await cluster.register(web_job(job_id))
    (alloc,) = await cluster.running(job_id, 1)
    await shown_environment(cluster, alloc)

    await cluster.client.deregister_job(job_id, "default", purge=False)

    assert (await logged(cluster, job_id, "stopped by")).endswith("stopped by SIGTERM\n")

    async def ended() -> dict[str, Any] | None:
        (last,) = await cluster.allocs(job_id)
        return last if last["ClientStatus"] == "complete" else None

    last = await eventually(ended, "the instance is complete")
    assert last["DesiredStatus"] == "stop"
    assert last["TaskStates"][FN]["State"] == "dead"
    assert last["TaskStates"][FN]["Failed"] is False


async def test_a_running_task_keeps_the_kill_signal_it_started_with(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id))
    (first,) = await cluster.running(job_id, 1)
    await shown_environment(cluster, first)

    await cluster.register(web_job(job_id, KillSignal="SIGINT"))
    await cluster.deployment(job_id, "successful", version=1)
    (same,) = await cluster.running(job_id, 1, version=1)
    await cluster.client.deregister_job(job_id, "default", purge=False)

    assert same["ID"] == first["ID"]
    assert (await logged(cluster, job_id, "stopped by")).endswith("stopped by SIGTERM\n")


async def test_a_count_changes_without_replacing_instances(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id, count=1))
    (first,) = await cluster.running(job_id, 1)

    await cluster.register(web_job(job_id, count=3))
    three = await cluster.running(job_id, 3, version=1)
    await cluster.register(web_job(job_id, count=1))
    (last,) = await cluster.running(job_id, 1, version=2)

    assert sorted(a["Name"] for a in three) == [f"{job_id}.fn[{n}]" for n in range(3)]
    assert first["ID"] == last["ID"]
    stopped = [a for a in await cluster.allocs(job_id) if not is_live(a)]
    assert {a["DesiredDescription"] for a in stopped} == {"alloc not needed due to job update"}


async def test_a_task_that_ends_is_restarted_then_given_up_and_replaced(
    cluster: NomadCluster, job_id: str
) -> None:
    job = broken(web_job(job_id))
    job["TaskGroups"][0]["ReschedulePolicy"]["Delay"] = 5 * SECOND_NS
    await cluster.register(job)

    async def replaced() -> list[dict[str, Any]]:
        allocs = sorted(await cluster.allocs(job_id), key=lambda a: a["CreateIndex"])
        return allocs if len(allocs) > 1 else []

    first, second, *_ = await eventually(replaced, "a second instance was placed")
    state = first["TaskStates"][FN]
    assert (first["ClientStatus"], first["DesiredStatus"]) == ("failed", "stop")
    assert (state["State"], state["Failed"], state["Restarts"]) == ("dead", True, 1)
    kinds = [e["Type"] for e in state["Events"] if e["Type"] != "Alloc Unhealthy"]
    assert kinds[-3:] == ["Started", "Terminated", "Not Restarting"]
    assert first["NextAllocation"] == second["ID"]
    assert second["Name"] == first["Name"]
    assert first["DeploymentStatus"]["Healthy"] is False


async def test_a_command_that_is_not_there_is_a_driver_failure(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id, Config={"command": "/nowhere/at/all"}))

    async def failed() -> bool:
        return "Driver Failure" in await last_events(cluster, job_id)

    await eventually(failed, "the driver failed")


async def test_an_unknown_name_in_the_configuration_fails_the_task(
    cluster: NomadCluster, job_id: str
) -> None:
    config = {"command": "/bin/echo", "args": ["${nobody_knows}"]}
    await cluster.register(web_job(job_id, Config=config))

    async def failed() -> bool:
        return "Failed Validation" in await last_events(cluster, job_id)

    await eventually(failed, "the validation failed")


async def logged(cluster: NomadCluster, job_id: str, wanted: str, kind: str = "stdout") -> str:
    """Wait until the log of the job's one instance has the text; return the log."""

    async def probe() -> str:
        for alloc in await cluster.allocs(job_id):
            reply = await cluster.http.get(
                f"/v1/client/fs/logs/{alloc['ID']}",
                params={"task": FN, "type": kind, "plain": "true"},
            )
            if reply.is_success and wanted in reply.text:
                return reply.text
        return ""

    return str(await eventually(probe, f"{wanted!r} is logged"))
