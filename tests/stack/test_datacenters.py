"""Functions placed in and called across two datacenters: two client agents on one machine."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from support.functions import Functions
from support.nomad_agent import require_nomad, run_nomad_agent, run_nomad_client
from support.service import run_service
from support.waiting import wait_until
from support.world import EchoImage, World

pytestmark = [pytest.mark.real, pytest.mark.go]
SECOND = """
client {
  node_class = "large"
  node_pool  = "west"
  meta {
    zone = "b"
  }
}
"""
WITHIN_S = 30.0


@pytest.fixture(scope="module")
def functions(
    sdk_binary: Path, echo_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Functions]:
    """A service in dc1 of a Nomad with clients in dc1 and dc2."""
    folder = tmp_path_factory.mktemp("datacenters")
    with ExitStack() as stack:
        nomad = require_nomad()
        agent = stack.enter_context(run_nomad_agent(nomad, folder / "one"))
        stack.enter_context(
            run_nomad_client(nomad, folder / "two", agent, datacenter="dc2", more_config=SECOND)
        )
        echo = EchoImage("functions/echo:1", process=str(echo_binary))
        world = World("raw_exec", agent.address, agent.pid, sdk_binary, echo, folder)
        settings = world.settings("dc-", own_datacenter="dc1", job_node_pool="all")
        service = stack.enter_context(run_service(folder, agent.address, settings))
        service.wait_for_nomad()
        yield stack.enter_context(Functions(world, service))


def datacenters(functions: Functions, name: str) -> set[str]:
    """Return where the function's replicas run."""
    where = {node["ID"]: node["Datacenter"] for node in functions.world.nomad.nodes.get_nodes()}
    return {where[alloc["NodeID"]] for alloc in functions.allocations(name)}


def called(functions: Functions, name: str) -> set[str]:
    """Return which datacenters answer 20 calls."""
    answers = [functions.echoed(name)["env"]["NOMAD_DC"] for _ in range(20)]
    return set(answers)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("datacenter == dc2", {"dc2"}),
        ("datacenter == dc1", {"dc1"}),
        ("datacenter == d*2", {"dc2"}),
        ("node.pool == west", {"dc2"}),
        ("node.class == large", {"dc2"}),
        ("meta.zone == b", {"dc2"}),
        ("node.class != large", {"dc1"}),
    ],
)
def test_a_constraint_decides_where_a_function_runs(
    functions: Functions, constraint: str, expected: set[str]
) -> None:
    name = functions.deploy(functions.world.deployment(constraints=[constraint]))

    assert datacenters(functions, name) == expected
    assert called(functions, name) == expected


def two_here_two_there(**fields: Any) -> dict[str, Any]:
    return {
        "constraints": ["datacenter == dc1,dc2"],
        "labels": {"com.openfaas.scale.min": "4"},
        "annotations": {"com.openfaas.nomad.spread": "datacenter dc1:50 dc2:50 weight=100"},
        **fields,
    }


def test_a_spread_over_datacenters_is_kept_and_the_own_one_is_called(functions: Functions) -> None:
    sent = functions.world.deployment(**two_here_two_there())
    name = functions.deploy(sent, available=4)

    assert datacenters(functions, name) == {"dc1", "dc2"}
    assert called(functions, name) == {"dc1"}


def test_the_other_datacenter_is_called_when_the_own_has_no_replica(functions: Functions) -> None:
    sent = functions.world.deployment(constraints=["datacenter == dc2"])
    name = functions.deploy(sent)
    assert called(functions, name) == {"dc2"}

    newer = {**sent, "constraints": ["datacenter == dc1,dc2", "node.class != large"]}
    assert functions.sdk.update(newer).status == 202
    wait_until(lambda: called(functions, name) == {"dc1"}, "the own one is called", WITHIN_S)
