"""Functions placed in and called across two datacenters: two client agents on one machine."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.functions import Functions
from support.log_reader import Json, following
from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad
from support.nomad_client_agent import run_nomad_client
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
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadAgent]:
    """The server, with a client in dc1."""
    with run_nomad_agent(require_nomad(), tmp_path_factory.mktemp("one")) as agent:
        yield agent


@pytest.fixture(scope="module")
def second(first: NomadAgent, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadAgent]:
    """A client in dc2."""
    folder = tmp_path_factory.mktemp("two")
    with run_nomad_client(
        require_nomad(), folder, first, datacenter="dc2", more_config=SECOND
    ) as agent:
        yield agent


@pytest.fixture(scope="module")
def functions(
    first: NomadAgent,
    second: NomadAgent,
    sdk_binary: Path,
    echo_binary: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Functions]:
    """A service in dc1 of a Nomad with clients in dc1 and dc2."""
    del second  # it only has to be there
    folder = tmp_path_factory.mktemp("datacenters")
    agent = first
    with ExitStack() as stack:
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


MISSING = "faas-nomad: lines of this replica are missing: "


def lines_by_replica(messages: list[Json]) -> Counter[str]:
    """Return how many lines that the function wrote came from each replica."""
    return Counter(m["instance"] for m in messages if "number " in m["text"])


def said_missing(messages: list[Json]) -> list[str]:
    """Return the replicas that a line says are missing."""
    return [m["instance"] for m in messages if m["text"].startswith(MISSING)]


def test_of_a_node_that_is_gone_one_line_says_so_and_the_others_lines_come(
    functions: Functions, second: NomadAgent
) -> None:
    """It is the module's last one: nothing runs in dc2 after it."""
    printing = {"PRINT_LINES": "60000", "PRINT_RATE": "100"}
    sent = functions.world.deployment(**two_here_two_there(envVars=printing))
    sent["labels"]["com.openfaas.scale.min"] = "2"
    name = functions.deploy(sent, available=2)
    where = {node["ID"]: node["Datacenter"] for node in functions.world.nomad.nodes.get_nodes()}
    [gone] = [a["ID"] for a in functions.allocations(name) if where[a["NodeID"]] == "dc2"]
    [here] = {a["ID"] for a in functions.allocations(name)} - {gone}

    with following(functions.service.gateway_url, name=name) as reader:
        wait_until(lambda: len(lines_by_replica(reader.messages)) == 2, "both write", WITHIN_S)
        os.kill(second.pid, signal.SIGKILL)
        wait_until(lambda: said_missing(reader.messages), "it is said what is missing", WITHIN_S)
        before = lines_by_replica(reader.messages)[here]
        wait_until(
            lambda: lines_by_replica(reader.messages)[here] > before + 100, "more come", WITHIN_S
        )
        assert said_missing(reader.messages) == [gone]
        assert reader.failure == ""

    answer = functions.http.get("/system/logs", params={"name": name})
    read = [httpx.Response(200, content=line).json() for line in answer.text.splitlines()]
    assert said_missing(read) == [gone]
    assert lines_by_replica(read).keys() == {here}
