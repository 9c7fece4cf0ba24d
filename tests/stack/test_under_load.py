"""What callers notice while functions are replaced or die: nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.functions import Functions
from support.load import Report, load
from support.waiting import wait_until

RATE = 200.0
ALL_METHODS = ("GET", "POST", "PUT", "DELETE")
IDEMPOTENT = ("GET", "PUT", "DELETE")
CALM_ANSWERS = 100


@contextmanager
def loaded(functions: Functions, name: str, methods: tuple[str, ...]) -> Iterator[Report]:
    with load(functions.sdk.binary, functions.url(name), rate=RATE, methods=methods) as report:
        pause_for_answers()
        yield report


def pause_for_answers() -> None:
    """Let the load go on for as long as `CALM_ANSWERS` requests take."""
    time.sleep(CALM_ANSWERS / RATE)


def assert_no_failure(report: Report) -> None:
    assert report.failed == 0, report
    assert report.repeated == 0, report
    assert report.requests > RATE / 2 * report.duration_s, "the load itself was too slow"


@pytest.mark.timeout(150)
def test_a_rolling_update_fails_no_request_and_ends_the_old_version(functions: Functions) -> None:
    sent = functions.world.deployment("old", labels={"com.openfaas.scale.min": "2"})
    name = functions.deploy(sent, available=2)

    with loaded(functions, name, ALL_METHODS) as report:
        newer = {**sent, "envVars": {**sent["envVars"], "VERSION": "new"}}
        assert functions.sdk.update(newer).status == 202
        functions.wait_updated(name)
        complete_s = time.time()
        pause_for_answers()

    assert_no_failure(report)
    assert set(report.versions) == {"old", "new"}
    assert report.versions["old"].last_ended_s <= complete_s
    assert report.versions["new"].answers >= CALM_ANSWERS


@pytest.mark.timeout(150)
def test_an_update_that_never_becomes_healthy_fails_no_request(functions: Functions) -> None:
    sent = functions.world.deployment("good")
    name = functions.deploy(sent)

    with loaded(functions, name, ALL_METHODS) as report:
        broken = {**sent["envVars"], "VERSION": "broken", "UNHEALTHY": "1"}
        assert functions.sdk.update({**sent, "envVars": broken}).status == 202
        wait_until(
            lambda: len(functions.allocations(name)) == 2, "the broken version is started", 30
        )
        pause_for_answers()

    assert_no_failure(report)
    assert set(report.versions) == {"good"}


@pytest.mark.timeout(150)
def test_a_killed_replica_fails_no_idempotent_request(functions: Functions) -> None:
    sent = functions.world.deployment(labels={"com.openfaas.scale.min": "2"})
    name = functions.deploy(sent, available=2)

    with loaded(functions, name, IDEMPOTENT) as report:
        victim = functions.kill_one_replica(name)
        killed_s = time.time()
        pause_for_answers()
        functions.wait_available(name, 2)
        pause_for_answers()

    assert_no_failure(report)
    assert len(report.instances) >= 2
    assert victim in report.instances
    survivors = [span for one, span in report.instances.items() if one != victim]
    assert any(span.last_ended_s > killed_s for span in survivors)


@pytest.mark.timeout(150)
def test_scaling_up_and_down_fails_no_request(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())

    with loaded(functions, name, ALL_METHODS) as report:
        functions.scale(name, 3)
        functions.wait_available(name, 3)
        pause_for_answers()
        functions.scale(name, 1)
        functions.wait_available(name, 1)
        pause_for_answers()

    assert_no_failure(report)
    assert len(report.instances) == 3
