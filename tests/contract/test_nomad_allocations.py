"""What an instance gets, how it is reached, and how its count changes, on both servers."""

import base64

from support.nomad_cluster import NomadCluster, is_live, url_of
from support.nomad_instances import logged, shown_environment
from support.nomad_job_specs import web_job

FN = "fn"


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
