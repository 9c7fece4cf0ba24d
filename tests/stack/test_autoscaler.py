"""Functions follow their load by themselves, with one instance and with two."""

import hashlib
import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from support.cable import Cable, cable_to
from support.functions import Functions, serving
from support.load import load
from support.service import Service, run_service
from support.waiting import wait_until
from support.world import WHATEVER_DRIVER, World

pytestmark = WHATEVER_DRIVER
QUICK = {"autoscale_interval": "1s", "autoscale_window": "6s"}
MOST = 4
LABELS = {
    "com.openfaas.scale.type": "rps",
    "com.openfaas.scale.target": "25",
    "com.openfaas.scale.min": "1",
    "com.openfaas.scale.max": str(MOST),
}
RATE = 60.0
"""Takes 60 / (25 * 0.9) replicas, so three."""
SCALED_WITHIN_S = 30.0
TAKEN_OVER_WITHIN_S = 15.0


def count(functions: Functions, name: str) -> int:
    return int(functions.status(name).get("replicas", 0))


def policy_of(functions: Functions, name: str) -> dict[str, str]:
    job = functions.world.nomad.job.get_job(functions.job_id(name))
    policy: dict[str, str] = job["TaskGroups"][0]["Scaling"]["Policy"]
    return policy


@contextmanager
def slow_calls(functions: Functions, name: str, at_once: int) -> Iterator[None]:
    """Keep that many invocations under way while the block runs."""
    over = threading.Event()

    def call() -> None:
        with httpx.Client(timeout=30) as client:
            while not over.is_set():
                client.get(functions.url(name), headers={"X-Echo-Delay-Ms": "300"})

    callers = [threading.Thread(target=call) for _ in range(at_once)]
    for caller in callers:
        caller.start()
    try:
        yield
    finally:
        over.set()
        for caller in callers:
            caller.join()


@contextmanager
def requests(functions: Functions, name: str) -> Iterator[None]:
    with load(functions.sdk.binary, functions.url(name), rate=RATE, methods=("GET",)):
        yield


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("kind", "target"), [("rps", "25"), ("capacity", "1"), ("cpu", "5")])
def test_a_function_follows_its_load_up_and_down(
    world: World, tmp_path: Path, kind: str, target: str
) -> None:
    own = {"com.openfaas.scale.type": kind, "com.openfaas.scale.target": target}
    with serving(world, tmp_path, f"auto{kind}-", **QUICK, usage_interval="1s") as functions:
        name = functions.deploy(world.deployment(labels={**LABELS, **own}))
        by_load = slow_calls(functions, name, 3) if kind == "capacity" else None
        with by_load or requests(functions, name):
            wait_until(lambda: count(functions, name) >= 3, "it has three", SCALED_WITHIN_S)
            told = policy_of(functions, name)
        wait_until(lambda: count(functions, name) == 1, "it is back at one", 60)

    assert told["openfaas_count_by"] == "autoscaler"
    assert told["openfaas_count_why"].startswith(f"{kind} ")


@dataclass
class Pair:
    """Two services on one Nomad, each by a cable of its own."""

    functions: Functions
    services: list[Service]
    cables: list[Cable]

    def decider(self) -> int | None:
        """Return which of them said last that it decides, if it did not say otherwise since."""
        found = [number for number, service in enumerate(self.services) if decides(service)]
        return found[0] if len(found) == 1 else None


def decides(service: Service) -> bool:
    log = service.child.log_file.read_text(errors="replace")
    return log.rfind("this instance decides") > log.rfind("another instance decides")


@pytest.fixture
def pair(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Pair]:
    prefix = "duo" + hashlib.sha256(request.node.name.encode()).hexdigest()[:6]
    settings = world.settings(f"{prefix}-", **QUICK, nomad_timeout="2s")
    with ExitStack() as stack:
        cables = [stack.enter_context(cable_to(world.nomad_url)) for _ in range(2)]
        services = []
        for number, cable in enumerate(cables):
            folder = tmp_path / str(number)
            folder.mkdir()
            service = stack.enter_context(run_service(folder, cable.address, settings))
            service.wait_for_nomad()
            services.append(service)
        # The functions are deployed, and called, through the one that the test leaves alone.
        survivor = stack.enter_context(
            run_service(tmp_path, world.nomad_url, {**settings, "autoscaler": "off"})
        )
        survivor.wait_for_nomad()
        functions = stack.enter_context(Functions(world, survivor))
        yield Pair(functions, services, cables)


@contextmanager
def watched_counts(functions: Functions, name: str) -> Iterator[list[int]]:
    """Note every count that Nomad has while the block runs."""
    over = threading.Event()
    seen: list[int] = []
    job_id = functions.job_id(name)

    def watch() -> None:
        index = 0
        while not over.is_set():
            answer = httpx.get(
                f"{functions.world.nomad_url}/v1/job/{job_id}",
                params={"index": str(index), "wait": "500ms"},
                timeout=10,
            )
            index = int(answer.headers["X-Nomad-Index"])
            found = int(answer.json()["TaskGroups"][0]["Count"])
            if not seen or seen[-1] != found:
                seen.append(found)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", ["killed", "cut off"])
def test_scaling_goes_on_when_the_deciding_instance_is_lost(pair: Pair, fault: str) -> None:
    functions = pair.functions
    name = functions.deploy(functions.world.deployment(labels=LABELS))
    wait_until(lambda: pair.decider() is not None, "one of them decides", 30)
    decider = pair.decider() or 0
    other = 1 - decider
    url = f"{pair.services[other].gateway_url}/function/{name}"

    with watched_counts(functions, name) as counts:
        with load(functions.sdk.binary, url, rate=RATE, methods=("GET",)) as report:
            wait_until(lambda: count(functions, name) == 3, "it has three", SCALED_WITHIN_S)
            lost_s = time.monotonic()
            if fault == "killed":
                os.kill(pair.services[decider].child.process.pid, signal.SIGKILL)
            else:
                pair.cables[decider].cut()
            wait_until(lambda: decides(pair.services[other]), "the other decides", 30)
            took_s = time.monotonic() - lost_s
            if fault == "cut off":
                assert not decides(pair.services[decider])
        wait_until(lambda: count(functions, name) == 1, "it is back at one", 60)
        if fault == "cut off":
            pair.cables[decider].mend()
            pair.services[decider].wait_for_nomad()

    assert took_s < TAKEN_OVER_WITHIN_S
    assert report.failed == 0, report
    assert all(1 <= found <= MOST for found in counts), counts
    ups = [later for earlier, later in itertools.pairwise(counts) if later > earlier]
    assert len(ups) <= 3, f"to and fro: {counts}"
    print(f"taken over after {took_s:.1f} s; counts {counts}")


@pytest.mark.timeout(180)
def test_a_request_at_any_instance_keeps_its_function_awake(pair: Pair) -> None:
    functions = pair.functions
    labels = {"com.openfaas.scale.zero": "true", "com.openfaas.scale.zero-duration": "2s"}
    used, idle = (functions.deploy(functions.world.deployment(labels=labels)) for _ in range(2))
    wait_until(lambda: pair.decider() is not None, "one of them decides", 30)
    other = pair.services[1 - (pair.decider() or 0)]
    answers: list[int] = []

    def call() -> None:
        url = f"{other.gateway_url}/function/{used}"
        answer = httpx.get(url, headers={"X-Echo-Delay-Ms": "15000"}, timeout=60)
        answers.append(answer.status_code)

    caller = threading.Thread(target=call)
    caller.start()
    wait_until(lambda: count(functions, idle) == 0, "the idle one sleeps", SCALED_WITHIN_S)
    assert caller.is_alive()
    assert count(functions, used) == 1
    caller.join()
    assert answers == [200]
    wait_until(lambda: count(functions, used) == 0, "the other sleeps too", SCALED_WITHIN_S)

    woken = httpx.get(f"{other.gateway_url}/function/{used}", timeout=30)
    assert woken.status_code == 200
