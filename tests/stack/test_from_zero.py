"""A function without replicas is woken by those who call it, and none of them is lost."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.cable import cable_to
from support.functions import Functions, serving
from support.service import run_service
from support.waiting import wait_until
from support.world import WHATEVER_DRIVER, World

pytestmark = WHATEVER_DRIVER
CALLERS = 500


@pytest.fixture(scope="module", params=["1", "2"], ids=["one process", "two workers"])
def awake(
    request: pytest.FixtureRequest, world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Functions]:
    """A service of its own with as many workers."""
    folder = tmp_path_factory.mktemp("from-zero-")
    with serving(world, folder, f"zero{request.param}-", workers=str(request.param)) as functions:
        yield functions


def asleep(functions: Functions, **deployment: Any) -> str:
    name = functions.deploy(functions.world.deployment(**deployment))
    functions.scale(name, 0)
    functions.wait_available(name, 0)
    return name


@pytest.mark.timeout(180)
def test_five_hundred_callers_at_once_make_one_scale_call_and_get_five_hundred_answers(
    awake: Functions,
) -> None:
    name = asleep(awake)
    job_id = awake.job_id(name)
    before = awake.world.nomad.job.get_job(job_id)["Version"]

    def call(number: int) -> tuple[int, str]:
        answer = httpx.post(awake.url(name), content=str(number), timeout=60)
        return answer.status_code, answer.json()["body"] if answer.is_success else answer.text

    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(call, range(CALLERS)))

    assert Counter(status for status, _ in answers) == {200: CALLERS}
    assert [body for _, body in answers] == [str(number) for number in range(CALLERS)]
    assert awake.world.nomad.job.get_job(job_id)["Version"] == before + 1
    assert awake.status(name)["replicas"] == 1


def test_a_caller_does_not_wait_for_longer_than_it_takes(awake: Functions) -> None:
    name = asleep(awake, envVars={"START_DELAY_MS": "1500"})

    begun_s = time.monotonic()
    answer = awake.invoke(name)
    took_s = time.monotonic() - begun_s

    assert answer.status_code == 200
    assert took_s > 1.5


def test_a_function_that_is_only_just_deployed_is_waited_for(awake: Functions) -> None:
    sent = awake.world.deployment(envVars={"START_DELAY_MS": "1000"})
    name = str(sent["service"])
    try:
        assert awake.sdk.deploy(sent).status == 202
        assert awake.invoke(name).status_code == 200
    finally:
        awake.sdk.delete(name)


def test_the_ready_annotations_decide_when_a_replica_gets_requests(awake: Functions) -> None:
    name = asleep(awake, annotations={"com.openfaas.ready.http.initialDelaySeconds": "2s"})
    begun_s = time.monotonic()
    assert awake.invoke(name).status_code == 200
    assert time.monotonic() - begun_s > 2.0


@pytest.mark.timeout(120)
def test_with_nomad_away_callers_are_told_why_their_function_cannot_wake(
    world: World, tmp_path: Path
) -> None:
    with cable_to(world.nomad_url) as cable:
        settings = world.settings("zeroaway-", nomad_timeout="1s")
        with run_service(tmp_path, cable.address, settings) as service:
            service.wait_for_nomad()
            with Functions(world, service) as functions:
                name = asleep(functions)
                cable.cut()
                refused = functions.invoke(name)
                cable.mend()
                service.wait_for_nomad()
                woken = functions.invoke(name)

    assert refused.status_code == 503
    assert "sleeps and cannot be woken: Nomad at " in refused.text
    assert woken.status_code == 200


@pytest.mark.timeout(120)
def test_a_function_that_never_gets_ready_is_504_in_the_time_set(
    world: World, tmp_path: Path
) -> None:
    with serving(world, tmp_path, "zerolate-", wake_timeout="2s") as functions:
        sent = world.deployment(envVars={"START_DELAY_MS": "60000"})
        name = functions.deploy(sent, available=0)
        answer = functions.invoke(name)

    assert answer.status_code == 504
    assert answer.text.startswith("No replica was ready in time for: ")


def test_where_it_is_switched_off_a_sleeping_function_is_503(world: World, tmp_path: Path) -> None:
    with serving(world, tmp_path, "zerooff-", scale_from_zero="false") as functions:
        name = asleep(functions)
        answer = functions.invoke(name)
        wait_until(lambda: functions.status(name).get("replicas", 0) == 0, "it sleeps on", 5)

    assert answer.status_code == 503
    assert answer.headers["X-OpenFaaS-Internal"] == "proxy"
