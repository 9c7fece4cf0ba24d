"""A Nomad that cannot be reached: at the start, later, and back again."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest

from support.cable import Cable, cable_to
from support.functions import Functions
from support.load import load
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.service import Service, run_service
from support.waiting import wait_until
from support.world import WHATEVER_DRIVER, World

pytestmark = WHATEVER_DRIVER
NOTICED_WITHIN_S = 20.0
GIVEN_UP_WITHIN_S = 5.0
EMPTY_WITHIN_S = 15.0
AWAY_IN_LOG = "Nomad at "
RATE = 50.0


@pytest.fixture
def cable(world: World) -> Iterator[Cable]:
    with cable_to(world.nomad_url) as laid:
        yield laid


@pytest.fixture
def cabled(world: World, cable: Cable, tmp_path: Path) -> Iterator[Functions]:
    """A service of its own that reaches Nomad through the cable alone."""
    with serve(world, cable, tmp_path) as service:
        service.wait_for_nomad()
        with Functions(world, service) as functions:
            yield functions
            cable.mend()
            service.wait_for_nomad()


def serve(world: World, cable: Cable, folder: Path) -> AbstractContextManager[Service]:
    settings = world.settings("away-", nomad_timeout="2s")
    return run_service(folder, cable.address, settings)


def is_reported_away(service: Service) -> bool:
    return not service.knows_nomad()


def test_without_nomad_the_service_starts_says_so_and_serves_once_it_is_there(
    world: World, cable: Cable, tmp_path: Path
) -> None:
    cable.cut()
    with serve(world, cable, tmp_path) as service, Functions(world, service) as functions:
        wait_until(lambda: AWAY_IN_LOG in service.child.log_tail(), "it says so", NOTICED_WITHIN_S)
        assert service.health()["backends"]["nomad"]["error"].startswith("Nomad at ")
        assert functions.sdk.deploy(world.deployment()).status == 503
        assert functions.sdk.list().status == 503

        cable.mend()
        service.wait_for_nomad()

        name = functions.deploy(world.deployment())
        assert functions.invoke(name).status_code == 200


def test_with_nomad_away_writes_say_why_and_everything_else_goes_on(
    cabled: Functions, cable: Cable
) -> None:
    sent = cabled.world.deployment()
    name = cabled.deploy(sent)

    with load(cabled.sdk.binary, cabled.url(name), rate=RATE, methods=["GET", "POST"]) as report:
        cable.cut()
        wait_until(lambda: is_reported_away(cabled.service), "away is reported", NOTICED_WITHIN_S)
        refused = [
            cabled.sdk.deploy(cabled.world.deployment()),
            cabled.sdk.update({**sent, "labels": {"a": "b"}}),
            cabled.sdk.scale(name, 2),
            cabled.sdk.delete(name),
        ]
        listed = [fn["name"] for fn in cabled.sdk.list().result]
        status = cabled.status(name)

    assert [reply.status for reply in refused] == [503] * 4
    assert all("Nomad" in reply.body and reply.body.count("\n") == 1 for reply in refused)
    assert listed == [name]
    assert (status["replicas"], status["availableReplicas"]) == (1, 1)
    assert (report.failed, report.failures) == (0, [])


def test_what_happened_while_nomad_was_away_is_seen_afterwards(
    cabled: Functions, cable: Cable
) -> None:
    kept = cabled.deploy(cabled.world.deployment())
    removed = cabled.deploy(cabled.world.deployment())
    cable.cut()
    wait_until(lambda: is_reported_away(cabled.service), "away is reported", NOTICED_WITHIN_S)
    cabled.world.nomad.job.deregister_job(cabled.job_id(removed), purge=True)

    cable.mend()
    cabled.service.wait_for_nomad()

    wait_until(lambda: cabled.invoke(removed).status_code == 404, "it is gone", NOTICED_WITHIN_S)
    assert [fn["name"] for fn in cabled.sdk.list().result] == [kept]
    cabled.scale(kept, 2)
    cabled.wait_available(kept, 2)


def test_a_nomad_that_hangs_is_given_up_in_time_and_used_again_when_it_answers(
    cabled: Functions,
) -> None:
    name = cabled.deploy(cabled.world.deployment())
    with frozen(cabled.world.nomad_pid):
        began_s = time.monotonic()
        refused = cabled.sdk.scale(name, 2)
        took_s = time.monotonic() - began_s
        listed = cabled.sdk.list()
        answer = cabled.invoke(name)

    assert refused.exchanges[-1].status == 503
    assert took_s < GIVEN_UP_WITHIN_S
    assert [fn["name"] for fn in listed.result] == [name]
    assert answer.status_code == 200
    cabled.scale(name, 2)
    cabled.wait_available(name, 2)


def test_a_nomad_that_lost_everything_is_believed(
    cabled: Functions, cable: Cable, tmp_path: Path
) -> None:
    name = cabled.deploy(cabled.world.deployment())

    with (
        run_nomad_agent(require_nomad(), tmp_path / "empty") as empty,
        led_to(cable, empty.address, back_to=cabled.world.nomad_url),
    ):
        wait_until(lambda: cabled.sdk.get(name).status == 404, "it is gone", EMPTY_WITHIN_S)
        assert cabled.sdk.list().result == []
        assert cabled.invoke(name).status_code == 404
    wait_until(lambda: cabled.sdk.get(name).status == 200, "it is back", EMPTY_WITHIN_S)
    cabled.wait_available(name, 1)
    assert cabled.invoke(name).status_code == 200


@contextmanager
def led_to(cable: Cable, server_url: str, *, back_to: str) -> Iterator[None]:
    """Break all connections and lead new ones to another server, as after a rebuilt cluster."""
    cable.cut()
    cable.lead_to(server_url)
    cable.mend()
    try:
        yield
    finally:
        cable.cut()
        cable.lead_to(back_to)
        cable.mend()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_metrics_and_health_stay_up_while_nomad_is_away(cabled: Functions, cable: Cable) -> None:
    cable.cut()
    wait_until(lambda: is_reported_away(cabled.service), "away is reported", NOTICED_WITHIN_S)

    for path in ("/healthz", "/metrics"):
        answer = httpx.get(cabled.service.gateway_url + path, timeout=5)
        assert answer.status_code == 200


def test_reading_functions_asks_nomad_nothing(cabled: Functions, cable: Cable) -> None:
    name = cabled.deploy(cabled.world.deployment())

    def reads_without_asking() -> bool:
        """A snapshot may fall into one try; not into every one."""
        before = cable.requests
        for _ in range(20):
            assert cabled.http.get("/system/functions").status_code == 200
            assert cabled.http.get(f"/system/function/{name}").status_code == 200
            assert cabled.invoke(name).status_code == 200
        return cable.requests == before

    wait_until(reads_without_asking, "60 reads without a request to Nomad", 10)
