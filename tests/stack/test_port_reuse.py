"""A node with one port: whoever gets it next must not be answered for by who had it before."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from support.functions import Functions, serving
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.service import run_service
from support.world import EchoImage, World

pytestmark = [pytest.mark.real, pytest.mark.go]
ONE_PORT = "client {{\n  min_dynamic_port = {port}\n  max_dynamic_port = {port}\n}}\n"
PORT = 9_999
"""Below what other agents of the tests give out; see `support.task_ports`."""


@pytest.fixture
def functions(sdk_binary: Path, echo_binary: Path, tmp_path: Path) -> Iterator[Functions]:
    with ExitStack() as stack:
        agent = stack.enter_context(
            run_nomad_agent(
                require_nomad(), tmp_path / "nomad", more_config=ONE_PORT.format(port=PORT)
            )
        )
        echo = EchoImage("functions/echo:1", process=str(echo_binary))
        world = World("raw_exec", agent.address, agent.pid, sdk_binary, echo, tmp_path)
        settings = world.settings("one-port-")
        service = stack.enter_context(run_service(tmp_path, agent.address, settings))
        service.wait_for_nomad()
        yield stack.enter_context(Functions(world, service))


def test_a_removed_function_answers_no_caller_of_the_next_one(functions: Functions) -> None:
    """Nomad gives the port out at once, while the old process is in its shutdown delay."""
    first = functions.deploy(functions.world.deployment("old"))
    assert functions.echoed(first)["version"] == "old"
    functions.sdk.delete(first)

    second = functions.send(functions.world.deployment("new"))
    answer = httpx.get(functions.url(second), timeout=60)

    assert (answer.status_code, answer.json()["version"]) == (200, "new")
    assert functions.echoed(second)["env"]["NOMAD_PORT_http"] == str(PORT)


def test_nor_does_one_that_another_installation_has_removed(
    functions: Functions, tmp_path: Path
) -> None:
    """It is in no memory of ours: the old process says itself that it is not who is asked for."""
    world = functions.world
    folder = tmp_path / "other"
    folder.mkdir()
    with serving(world, folder, "other-") as others:
        first = functions.deploy(world.deployment("old"))
        assert functions.echoed(first)["version"] == "old"
        functions.sdk.delete(first)

        second = others.send(world.deployment("new"))
        answer = httpx.get(others.url(second), timeout=60)

        assert (answer.status_code, answer.json()["version"]) == (200, "new")
