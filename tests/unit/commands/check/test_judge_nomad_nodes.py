from typing import Any

import pytest

from faas_nomad.settings.page import settings_from
from support.nomad_facts import NODE, bad, of_nodes


@pytest.mark.parametrize(
    "node",
    [
        {**NODE, "Status": "down"},
        {**NODE, "SchedulingEligibility": "ineligible"},
        {**NODE, "Datacenter": "us-1"},
        {**NODE, "NodePool": "gpu"},
    ],
)
def test_nodes_that_take_no_functions_do_not_count(node: dict[str, Any]) -> None:
    settings = settings_from({"job_datacenters": ("eu-*",)})

    assert bad(of_nodes(NODE), settings) == []
    assert [one.subject for one in bad(of_nodes(node), settings)] == ["Nomad nodes"]


def test_a_driver_that_no_node_has_is_a_failure() -> None:
    [found] = bad(settings=settings_from({"job_driver": "docker"}))

    assert found.text == "job_driver is docker, and no ready node has it; nodes have exec"


def test_auto_needs_one_of_its_drivers() -> None:
    [found] = bad(of_nodes({**NODE, "Drivers": {"qemu": {"Healthy": True}}}))

    assert found.text.endswith("nodes have qemu")
