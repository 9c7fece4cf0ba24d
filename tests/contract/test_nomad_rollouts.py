"""How versions replace each other, and how a bad one is taken back, on both servers."""

from typing import Any

from support.nomad_cluster import NomadCluster, eventually, is_live
from support.nomad_job_specs import SECOND_NS, broken, web_job, with_update


async def test_a_canary_proves_a_version_before_the_old_one_goes(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id, count=2))
    before = await cluster.deployment(job_id, "successful")
    old = {alloc["ID"] for alloc in await cluster.running(job_id, 2)}

    await cluster.register(web_job(job_id, count=2, Env={"a": "b"}))

    least = await least_running_until_successful(cluster, job_id, version=1)
    after = await cluster.deployment(job_id, "successful", version=1)
    new = {alloc["ID"] for alloc in await cluster.running(job_id, 2, version=1)}
    group = after["TaskGroups"]["fn"]
    assert least >= 1
    assert old.isdisjoint(new)
    assert before["ID"] != after["ID"]
    assert (group["DesiredCanaries"], group["Promoted"]) == (1, True)
    assert (group["DesiredTotal"], group["HealthyAllocs"]) == (2, 2)
    assert after["StatusDescription"] == "Deployment completed successfully"
    assert (await cluster.client.read_job(job_id, "default"))["Stable"] is True


async def least_running_until_successful(cluster: NomadCluster, job_id: str, version: int) -> int:
    """Return the fewest instances seen running until that version's deployment has ended."""
    seen: list[int] = []

    async def probe() -> bool:
        seen.append(sum(is_live(alloc) for alloc in await cluster.allocs(job_id)))
        deployment = await cluster.get(f"/v1/job/{job_id}/deployment")
        return bool(deployment["JobVersion"] == version and deployment["Status"] == "successful")

    await eventually(probe, f"version {version} is rolled out")
    return min(seen)


async def test_without_canaries_instances_are_replaced_one_by_one(
    cluster: NomadCluster, job_id: str
) -> None:
    plain = {"Canary": 0, "AutoPromote": False}
    await cluster.register(with_update(web_job(job_id, count=2), **plain))
    await cluster.deployment(job_id, "successful")
    old = {alloc["ID"] for alloc in await cluster.running(job_id, 2)}

    await cluster.register(with_update(web_job(job_id, count=2, Env={"a": "b"}), **plain))

    after = await cluster.deployment(job_id, "successful", version=1)
    new = await cluster.running(job_id, 2, version=1)
    replaced = [a for a in await cluster.allocs(job_id) if a["ID"] in old]
    assert after["TaskGroups"]["fn"]["DesiredCanaries"] == 0
    assert {a["NextAllocation"] for a in replaced} == {a["ID"] for a in new}
    reasons = {a["DesiredDescription"] for a in replaced}
    assert reasons == {"alloc is being updated due to job update"}


async def test_a_version_marked_as_failed_is_taken_back(cluster: NomadCluster, job_id: str) -> None:
    await cluster.register(web_job(job_id))
    await cluster.deployment(job_id, "successful")
    (old,) = await cluster.running(job_id, 1)
    await cluster.register(broken(web_job(job_id)))
    canary = await unhealthy_canary(cluster, job_id)
    bad = await cluster.deployment(job_id, "running", version=1)

    reply = await cluster.http.put(
        f"/v1/deployment/fail/{bad['ID']}", json={"DeploymentID": bad["ID"]}
    )

    assert reply.json()["RevertedJobVersion"] == 0
    failed = await cluster.get(f"/v1/deployment/{bad['ID']}")
    assert failed["Status"] == "failed"
    expected = "Deployment marked as failed - rolling back to job version 0"
    assert failed["StatusDescription"] == expected
    await cluster.deployment(job_id, "successful", version=2)
    (kept,) = await cluster.running(job_id, 1, version=2)
    job = await cluster.client.read_job(job_id, "default")
    assert kept["ID"] == old["ID"] != canary["ID"]
    assert (job["Version"], job["Stable"]) == (2, True)
    assert job["TaskGroups"][0]["Tasks"][0]["Config"]["command"] != "/bin/false"


async def unhealthy_canary(cluster: NomadCluster, job_id: str) -> dict[str, Any]:
    """Wait for a canary with a bad verdict, the old instance still running beside it."""

    async def probe() -> dict[str, Any] | None:
        for alloc in await cluster.allocs(job_id):
            status = alloc["DeploymentStatus"]
            if status and status["Canary"] and status["Healthy"] is False:
                return alloc
        return None

    canary = dict(await eventually(probe, "a canary is unhealthy"))
    assert sum(is_live(alloc) for alloc in await cluster.allocs(job_id)) == 1
    return canary


async def test_a_version_without_progress_is_taken_back_by_itself(
    cluster: NomadCluster, job_id: str
) -> None:
    deadlines = {"HealthyDeadline": 2 * SECOND_NS, "ProgressDeadline": 6 * SECOND_NS}
    await cluster.register(web_job(job_id))
    await cluster.deployment(job_id, "successful")
    await cluster.register(with_update(broken(web_job(job_id)), **deadlines))
    bad = await cluster.deployment(job_id, "running", version=1)

    async def given_up() -> Any:
        deployment = await cluster.get(f"/v1/deployment/{bad['ID']}")
        return deployment if deployment["Status"] == "failed" else None

    failed = await eventually(given_up, "the deployment failed")
    expected = "Failed due to progress deadline - rolling back to job version 0"
    assert failed["StatusDescription"] == expected
    await cluster.deployment(job_id, "successful", version=2)


async def test_a_first_version_that_fails_has_nowhere_to_go_back_to(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(broken(web_job(job_id)))
    bad = await cluster.deployment(job_id, "running")

    await cluster.http.put(f"/v1/deployment/fail/{bad['ID']}", json={"DeploymentID": bad["ID"]})

    failed = await cluster.deployment(job_id, "failed")
    expected = "Deployment marked as failed - no stable job version to auto revert to"
    assert failed["StatusDescription"] == expected
    again = await cluster.http.put(
        f"/v1/deployment/fail/{bad['ID']}", json={"DeploymentID": bad["ID"]}
    )
    assert (again.status_code, again.text) == (500, "can't fail terminal deployment")


async def test_an_unknown_deployment_cannot_fail(cluster: NomadCluster) -> None:
    unknown = "11111111-1111-1111-1111-111111111111"

    reply = await cluster.http.put(f"/v1/deployment/fail/{unknown}", json={"DeploymentID": unknown})

    assert (reply.status_code, reply.text) == (500, "deployment not found")


async def test_a_newer_version_cancels_the_rollout_of_an_older_one(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id))
    await cluster.deployment(job_id, "successful")
    await cluster.register(broken(web_job(job_id)))
    overtaken = await cluster.deployment(job_id, "running", version=1)

    await cluster.register(web_job(job_id, Env={"a": "c"}))

    await cluster.deployment(job_id, "successful", version=2)
    cancelled = await cluster.get(f"/v1/deployment/{overtaken['ID']}")
    assert cancelled["Status"] == "cancelled"
    assert cancelled["StatusDescription"] == "Cancelled due to newer version of job"


async def test_a_change_of_the_priority_replaces_nothing(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register(web_job(job_id))
    await cluster.deployment(job_id, "successful")
    (old,) = await cluster.running(job_id, 1)

    await cluster.register({**web_job(job_id), "Priority": 60})

    await cluster.deployment(job_id, "successful", version=1)
    (same,) = await cluster.running(job_id, 1, version=1)
    assert same["ID"] == old["ID"]


async def test_no_parallelism_means_no_deployment(cluster: NomadCluster, job_id: str) -> None:
    at_once = {"MaxParallel": 0, "Canary": 0, "AutoPromote": False, "AutoRevert": False}
    await cluster.register(with_update(web_job(job_id, count=2), **at_once))
    await cluster.running(job_id, 2)
    await cluster.register(with_update(web_job(job_id, count=2, Env={"a": "b"}), **at_once))

    await cluster.running(job_id, 2, version=1)

    assert await cluster.get(f"/v1/job/{job_id}/deployment") is None


async def test_what_cannot_be_placed_says_why(cluster: NomadCluster, job_id: str) -> None:
    job = web_job(job_id)
    job["Constraints"] = [{"LTarget": "${attr.kernel.name}", "Operand": "=", "RTarget": "windows"}]
    await cluster.register(job)

    async def evaluated() -> Any:
        found = await cluster.get(f"/v1/job/{job_id}/evaluations")
        return next((e for e in found if e.get("BlockedEval")), None)

    evaluation = await eventually(evaluated, "an evaluation is blocked")
    reason = evaluation["FailedTGAllocs"]["fn"]["ConstraintFiltered"]
    assert evaluation["Status"] == "complete"
    assert reason == {"${attr.kernel.name} = windows": 1}
    (stub,) = (await cluster.client.list_jobs(job_id)).items
    assert stub["Status"] == "pending"
    blocked = await cluster.get(f"/v1/evaluation/{evaluation['BlockedEval']}")
    assert blocked["Status"] == "blocked"


async def test_a_datacenter_that_is_not_there_is_waited_for(
    cluster: NomadCluster, job_id: str
) -> None:
    await cluster.register({**web_job(job_id), "Datacenters": ["elsewhere"]})

    async def evaluated() -> Any:
        found = await cluster.get(f"/v1/job/{job_id}/evaluations")
        return next((e for e in found if e.get("BlockedEval")), None)

    evaluation = await eventually(evaluated, "an evaluation is blocked")
    assert evaluation["FailedTGAllocs"]["fn"]["NodesAvailable"] == {}
    assert await cluster.allocs(job_id) == []
