"""Idle functions go to sleep, and no request is ever lost over it."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from support.functions import Functions, serving
from support.waiting import wait_until
from support.world import WHATEVER_DRIVER, World

pytestmark = WHATEVER_DRIVER
IDLE_S = 2
ASLEEP_WITHIN_S = 20.0
LABELS = {"com.openfaas.scale.zero": "true", "com.openfaas.scale.zero-duration": f"{IDLE_S}s"}


@pytest.fixture(scope="module", params=["1", "2"], ids=["one process", "two workers"])
def idling(
    request: pytest.FixtureRequest, world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Functions]:
    """A service of its own with as many workers."""
    folder = tmp_path_factory.mktemp("to-zero-")
    with serving(world, folder, f"idle{request.param}-", workers=str(request.param)) as functions:
        yield functions


def deployed(functions: Functions, **labels: str) -> str:
    """Deploy and call it once: on a busy machine it may fall asleep before it has ever served."""
    name = functions.send(functions.world.deployment(labels={**LABELS, **labels}))
    assert functions.invoke(name).status_code == 200
    return name


def sleeps(functions: Functions, name: str) -> bool:
    return bool(functions.status(name).get("replicas", 0) == 0)


def test_an_idle_function_sleeps_wakes_and_sleeps_again(idling: Functions) -> None:
    name = deployed(idling)

    wait_until(lambda: sleeps(idling, name), "it sleeps", ASLEEP_WITHIN_S)
    assert idling.invoke(name).status_code == 200
    wait_until(lambda: sleeps(idling, name), "it sleeps again", ASLEEP_WITHIN_S)

    job = idling.world.nomad.job.get_job(idling.job_id(name))
    policy = job["TaskGroups"][0]["Scaling"]["Policy"]
    assert policy["openfaas_count_by"] == "idle"
    assert policy["openfaas_count_why"] == "no request for 2 s"


def test_a_function_without_the_label_never_sleeps(idling: Functions) -> None:
    other = deployed(idling)
    name = idling.deploy(idling.world.deployment())

    wait_until(lambda: sleeps(idling, other), "the other sleeps", ASLEEP_WITHIN_S)

    assert not sleeps(idling, name)


def test_a_long_request_and_a_stream_keep_their_functions_awake(
    idling: Functions,
) -> None:
    names = [deployed(idling) for _ in range(2)]
    idle = deployed(idling)
    long, stream = names
    answers: dict[str, Any] = {}

    def call(name: str, **headers: str) -> None:
        url = idling.url(name)
        answers[name] = httpx.get(url, headers=headers, timeout=60).text

    callers = [
        threading.Thread(target=call, args=(long,), kwargs={"X-Echo-Delay-Ms": "9000"}),
        threading.Thread(
            target=call,
            args=(stream,),
            kwargs={"X-Echo-Ticks": "9", "X-Echo-Delay-Ms": "1000"},
        ),
    ]
    for caller in callers:
        caller.start()
    wait_until(lambda: sleeps(idling, idle), "the idle one sleeps", ASLEEP_WITHIN_S)
    for caller in callers:
        assert caller.is_alive()
    assert not sleeps(idling, long)
    assert not sleeps(idling, stream)
    for caller in callers:
        caller.join()
    assert set(answers) == {long, stream}


@pytest.mark.timeout(420)
def test_a_trickle_at_the_edge_of_the_idle_time_loses_no_request(idling: Functions) -> None:
    """Calls come just as the function falls asleep, again and again."""
    name = deployed(idling)
    job_id = idling.job_id(name)
    first = idling.world.nomad.job.get_job(job_id)["Version"]
    failed: list[str] = []
    calls = 0

    def sleeps_since() -> int:
        return int(idling.world.nomad.job.get_job(job_id)["Version"] - first) // 2

    with httpx.Client(timeout=30) as client:
        begun_s = time.monotonic()
        while sleeps_since() < 10 and time.monotonic() < begun_s + 150:
            # From a little before to a little after the moment of the decision.
            time.sleep(IDLE_S + 0.05 * (calls % 25))
            answer = client.post(idling.url(name), content=str(calls))
            calls += 1
            if answer.status_code != 200 or answer.json()["body"] != str(calls - 1):
                failed.append(f"{answer.status_code} {answer.text}")

    assert failed == []
    assert sleeps_since() >= 10
