"""Functions in two federated regions of a real Nomad, each with servers of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.functions import Functions
from support.nomad_regions import EAST, WEST, Federation, run_federation
from support.service import run_service
from support.waiting import wait_until
from support.world import EchoImage, Json, World

pytestmark = [pytest.mark.real, pytest.mark.go]
REGION = "com.openfaas.nomad.region"
WITHIN_S = 20.0


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    with run_federation(tmp_path_factory.mktemp("regions")) as running:
        yield running


@pytest.fixture(scope="module")
def functions(
    federation: Federation,
    sdk_binary: Path,
    echo_binary: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Functions]:
    """A service of the east that follows the west too, through the east's agent."""
    folder, east = tmp_path_factory.mktemp("service"), federation.east
    echo = EchoImage("functions/echo:1", process=str(echo_binary))
    world = World("raw_exec", east.address, east.pid, sdk_binary, echo, folder)
    settings = world.settings(
        "regions-",
        nomad_region=EAST,
        nomad_regions=WEST,
        nomad_timeout="2s",
        resync_interval="2s",
        usage_interval="1s",
    )
    with ExitStack() as stack:
        service = stack.enter_context(run_service(folder, east.address, settings))
        service.wait_for_nomad()
        wait_until(lambda: is_there(service.health()), "the west is followed", WITHIN_S)
        yield stack.enter_context(Functions(world, service))


def is_there(health: Json) -> bool:
    return bool(health["backends"]["nomad-west"]["connected"])


def in_west(functions: Functions, **fields: Any) -> Json:
    return functions.world.deployment(annotations={REGION: WEST}, **fields)


def answered_in(functions: Functions, name: str) -> str:
    return str(functions.echoed(name)["env"]["NOMAD_REGION"])


def test_a_function_runs_in_the_region_of_its_annotation_and_others_in_the_own_one(
    functions: Functions, federation: Federation
) -> None:
    west, east = in_west(functions), functions.world.deployment()
    names = [functions.deploy(west), functions.deploy(east)]

    assert [answered_in(functions, name) for name in names] == [WEST, EAST]
    assert [f"regions-{names[0]}" in federation.jobs(region) for region in (WEST, EAST)] == [
        True,
        False,
    ]
    listed = functions.http.get("/system/functions").json()
    assert {fn["name"] for fn in listed} >= set(names)
    assert functions.status(names[0])["annotations"][REGION] == WEST


def test_a_function_in_another_region_is_scaled_updated_and_deleted(
    functions: Functions, federation: Federation
) -> None:
    sent = in_west(functions)
    name = functions.deploy(sent)

    functions.scale(name, 2)
    functions.wait_available(name, 2)
    newer = {**sent, "envVars": {**sent["envVars"], "VERSION": "2"}}
    assert functions.sdk.update(newer).status == 202
    functions.wait_updated(name)
    assert functions.echoed(name)["env"]["VERSION"] == "2"

    assert functions.sdk.delete(name).status == 202
    assert functions.sdk.get(name).status == 404
    assert functions.invoke(name).status_code == 404
    assert f"regions-{name}" not in federation.jobs(WEST)


def test_logs_usage_and_secrets_reach_a_function_in_another_region(functions: Functions) -> None:
    assert functions.sdk.create_secret("of-west", b"one").status == 202
    name = functions.deploy(in_west(functions, secrets=["of-west"]))

    assert functions.invoke(name, headers={"X-Echo-Secret": "of-west"}).content == b"one"
    assert functions.sdk.update_secret("of-west", b"two").status == 202
    wait_until(
        lambda: functions.invoke(name, headers={"X-Echo-Secret": "of-west"}).content == b"two",
        "the new value is there",
        WITHIN_S,
    )
    functions.invoke(name, method="POST", content=b"said\n", headers={"X-Echo-Print": "stdout"})
    wait_until(lambda: "said" in logs(functions, name), "the logs have it", WITHIN_S)
    wait_until(lambda: memory_bytes(functions, name) > 0, "its usage is known", WITHIN_S)


def logs(functions: Functions, name: str) -> str:
    return functions.http.get("/system/logs", params={"name": name}).text


def memory_bytes(functions: Functions, name: str) -> int:
    status = functions.http.get(f"/system/function/{name}", params={"usage": "1"}).json()
    return int((status.get("usage") or {}).get("totalMemoryBytes", 0))


def test_a_region_that_is_none_or_another_one_is_refused_by_name(functions: Functions) -> None:
    unknown = functions.world.deployment(annotations={REGION: "north"})
    refused = functions.sdk.deploy(unknown)
    assert refused.status == 400
    assert refused.body == (
        f'annotations["{REGION}"]: "north" is not one of east, west (nomad_region, nomad_regions)\n'
    )

    sent = in_west(functions)
    name = functions.deploy(sent)
    moved = functions.sdk.update({**sent, "annotations": {REGION: EAST}})
    assert moved.status == 400
    assert f'"{EAST}" is not west, where the function runs; remove it first' in moved.body
    twice = functions.sdk.deploy({**sent, "annotations": {}})
    assert twice.status == 409
    assert answered_in(functions, name) == WEST


def test_a_region_that_is_away_stops_its_writes_and_nothing_else(
    functions: Functions, federation: Federation
) -> None:
    sent = in_west(functions)
    west = functions.deploy(sent)

    federation.hold_west()
    try:
        health = functions.service.health
        wait_until(lambda: not is_there(health()), "away is reported", WITHIN_S)
        refused = [
            functions.sdk.scale(west, 2),
            functions.sdk.update({**sent, "labels": {"a": "b"}}),
            functions.sdk.delete(west),
            functions.sdk.deploy(in_west(functions)),
        ]
        east = functions.deploy(functions.world.deployment())
        calls = [answered_in(functions, name) for name in (west, east)]
        listed = {fn["name"] for fn in functions.http.get("/system/functions").json()}
    finally:
        federation.let_west_go_on()

    assert [reply.status for reply in refused] == [503] * 4, refused
    assert all(f"asked for the region {WEST}," in reply.body for reply in refused), refused
    assert calls == [WEST, EAST]
    assert {west, east} <= listed
    wait_until(lambda: is_there(functions.service.health()), "it is back", WITHIN_S)
    functions.scale(west, 2)
    functions.wait_available(west, 2)


def test_a_service_that_never_saw_a_region_says_so_of_unknown_names(
    functions: Functions, federation: Federation, tmp_path: Path
) -> None:
    known = functions.deploy(functions.world.deployment())
    hidden = functions.deploy(in_west(functions))
    federation.hold_west()
    settings = functions.world.settings(
        "regions-", nomad_region=EAST, nomad_regions=WEST, nomad_timeout="2s"
    )
    try:
        with run_service(tmp_path, federation.east.address, settings) as service:
            service.wait_for_nomad()
            with httpx.Client(base_url=service.gateway_url, timeout=10) as http:
                wait_until(
                    lambda: http.get(f"/function/{known}").status_code == 200,
                    "the own region's function is called",
                    WITHIN_S,
                )
                answer = http.get(f"/system/function/{hidden}")
                called = http.get(f"/function/{hidden}")
                listed = {fn["name"] for fn in http.get("/system/functions").json()}
    finally:
        federation.let_west_go_on()

    assert answer.status_code == 503
    assert answer.text.startswith("Nomad has not answered yet for the region west: ")
    assert called.status_code == 503
    assert known in listed
