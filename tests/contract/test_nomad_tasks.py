"""How tasks end, and what follows, on both servers."""

from typing import Any

from support.nomad_cluster import NomadCluster, eventually
from support.nomad_instances import logged, shown_environment
from support.nomad_job_specs import SECOND_NS, broken, web_job

FN = "fn"


async def last_events(cluster: NomadCluster, job_id: str) -> list[str]:
    """Return the kinds of all task events of the job's instances."""
    allocs = await cluster.allocs(job_id)
    states = [state for a in allocs for state in (a["TaskStates"] or {}).values()]
    return [event["Type"] for state in states for event in state["Events"]]


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
