"""What jobs need to know of the nodes they may run on."""

from typing import Any

from faas_nomad.translate.cluster import ClusterFacts, choose_driver, facts_from_nodes

NONE: ClusterFacts = facts_from_nodes([])


def node(
    *drivers: str, mhz: int = 8000, cores: int = 4, version: str = "1.11.1", **other: Any
) -> dict[str, Any]:
    healthy = {name: {"Detected": True, "Healthy": True} for name in drivers}
    return {
        "Status": "ready",
        "SchedulingEligibility": "eligible",
        "Version": version,
        "Drivers": healthy,
        "NodeResources": {"Cpu": {"CpuShares": mhz, "TotalCpuCores": cores}},
        **other,
    }


def test_drivers_are_of_any_node_and_a_core_is_worth_what_the_slowest_one_gives() -> None:
    facts = facts_from_nodes([node("exec"), node("docker", mhz=6000), node(mhz=0, cores=0)])

    assert facts.drivers == {"exec", "docker"}
    assert facts.mhz_per_core == 1500


def test_nodes_that_take_no_work_do_not_count() -> None:
    away = [
        node("docker", mhz=400, Status="down"),
        node("docker", mhz=400, SchedulingEligibility="ineligible"),
    ]

    assert facts_from_nodes([*away, node("exec")]) == facts_from_nodes([node("exec")])


def test_a_driver_that_is_ill_does_not_count() -> None:
    ill = node(Drivers={"docker": {"Detected": True, "Healthy": False}})

    assert facts_from_nodes([ill]).drivers == frozenset()


def test_the_oldest_nomad_counts_also_on_a_node_that_comes_back() -> None:
    nodes = [node(version="1.10.5"), node(version="1.9.4", Status="down"), node(version="")]

    assert facts_from_nodes(iter(nodes)).nomad_version == "1.9.4"
    assert NONE.nomad_version == ""


def test_containers_are_preferred_and_a_setting_wins() -> None:
    facts = facts_from_nodes([node("raw_exec", "exec", "podman")])

    assert choose_driver("auto", facts) == "podman"
    assert choose_driver("java", facts) == "java"
    assert choose_driver("auto", NONE) == "docker"
