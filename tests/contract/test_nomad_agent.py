"""What a server says of itself and its nodes, on both servers."""

import asyncio
import re

from support.nomad_cluster import NomadCluster


async def test_the_leader_has_an_address(cluster: NomadCluster) -> None:
    ours = await cluster.client.read_leader(within_s=5)
    theirs = await asyncio.to_thread(cluster.second.status.leader.get_leader)

    assert re.fullmatch(r"127\.0\.0\.1:\d+", ours)
    assert ours == theirs


async def test_the_agent_tells_its_version_and_region(cluster: NomadCluster) -> None:
    config = (await cluster.client.read_agent())["config"]

    assert re.fullmatch(r"1\.\d+\.\d+", config["Version"]["Version"])
    assert config["Region"] == "global"
    assert config["ACL"]["Enabled"] is False


async def test_the_node_is_ready_and_has_raw_exec(cluster: NomadCluster) -> None:
    (node,) = await cluster.client.list_nodes()

    assert (node["Status"], node["SchedulingEligibility"]) == ("ready", "eligible")
    assert (node["Datacenter"], node["NodePool"]) == ("dc1", "default")
    assert node["Drivers"]["raw_exec"]["Detected"]
    assert node["Drivers"]["raw_exec"]["Healthy"]
    assert node["NodeResources"]["Cpu"]["TotalCpuCores"] > 0


async def test_the_agent_is_well(cluster: NomadCluster) -> None:
    health = await cluster.get("/v1/agent/health")

    assert (health["client"]["ok"], health["server"]["ok"]) == (True, True)


async def test_an_unknown_path_and_a_wrong_method_are_told_apart(cluster: NomadCluster) -> None:
    unknown = await cluster.http.get("/v1/nothing/here")
    wrong = await cluster.http.patch("/v1/jobs")

    assert unknown.status_code == 404
    assert (wrong.status_code, wrong.text) == (405, "Invalid method")
