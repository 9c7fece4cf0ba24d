"""The life of a task, with a scripted driver."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from faas_nomad.embedded.node.drivers import Exit, Launch, Running
from faas_nomad.embedded.node.folders import AllocFolders
from faas_nomad.embedded.node.preparation import Preparation
from faas_nomad.embedded.node.services import NodeServices
from faas_nomad.embedded.node.task_runner import TaskRunner
from support.embedded_node import ScriptedDriver, Told, alloc_of, node_services
from support.nomad_job_specs import SECOND_NS, web_job

QUICK = {"Attempts": 1, "Interval": 60 * SECOND_NS, "Delay": SECOND_NS // 100, "Mode": "fail"}


@dataclass
class Bench:
    """A task runner under test."""

    runner: TaskRunner
    driver: ScriptedDriver
    told: Told
    life: asyncio.Future[None]


Start = Callable[..., Bench]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    benches: list[tuple[Bench, NodeServices]] = []

    def begin(driver: ScriptedDriver | None = None, **task: Any) -> Bench:
        driver = driver or ScriptedDriver()
        alloc = alloc_of(web_job("x", **{"RestartPolicy": QUICK, **task}))
        services = node_services(tmp_path, driver)
        spec = alloc.job["TaskGroups"][0]["Tasks"][0]
        folders = AllocFolders(tmp_path, alloc.id)
        told = Told()
        preparation = Preparation(alloc, spec, folders, services)
        runner = TaskRunner(spec, preparation, services.now_ns, told.task)
        bench = Bench(runner, driver, told, asyncio.ensure_future(runner.run()))
        benches.append((bench, services))
        return bench

    yield begin
    for bench, services in benches:
        bench.runner.stop(hasty=True)
        await asyncio.wait_for(bench.life, 5)
        await services.http.aclose()


async def test_a_task_is_prepared_and_started(start: Start) -> None:
    bench = start()
    await bench.told.until("Started")

    assert bench.told.kinds() == ["Received", "Task Setup", "Started"]
    assert bench.runner.state.state == "running"
    assert bench.driver.tasks[0].launch.folder.is_dir()


async def test_a_task_that_ends_is_started_again_then_given_up(start: Start) -> None:
    bench = start()
    for number in range(2):
        await bench.told.until("Started", number + 1)
        bench.driver.tasks[number].end(Exit(3))
    await asyncio.wait_for(bench.life, 5)

    assert bench.told.kinds()[2:] == [
        *("Started", "Terminated", "Restarting"),
        *("Started", "Terminated", "Not Restarting"),
    ]
    state = bench.runner.state
    assert (state.state, state.failed, state.restarts) == ("dead", True, 1)
    assert state.events[-2].details["ExitCode"] == 3


async def test_a_success_counts_as_an_end_too(start: Start) -> None:
    bench = start(RestartPolicy={**QUICK, "Attempts": 0})
    await bench.told.until("Started")
    bench.driver.tasks[0].end(Exit(0))
    await asyncio.wait_for(bench.life, 5)

    assert bench.runner.state.failed


async def test_a_stop_sends_the_kill_signal(start: Start) -> None:
    bench = start(KillSignal="SIGUSR1")
    await bench.told.until("Started")
    bench.runner.stop()
    await asyncio.wait_for(bench.life, 5)

    assert bench.driver.tasks[0].signals == [signal.SIGUSR1]
    assert bench.told.kinds()[-3:] == ["Killing", "Terminated", "Killed"]
    assert (bench.runner.state.state, bench.runner.state.failed) == ("dead", False)


async def test_a_task_that_does_not_listen_is_killed(start: Start) -> None:
    driver = ScriptedDriver()
    driver.stubborn = True
    bench = start(driver, KillTimeout=SECOND_NS // 20)
    await bench.told.until("Started")
    bench.runner.stop()
    await asyncio.wait_for(bench.life, 5)

    assert driver.tasks[0].signals == [signal.SIGTERM, signal.SIGKILL]


async def test_haste_cuts_a_long_stop_short(start: Start) -> None:
    driver = ScriptedDriver()
    driver.stubborn = True
    bench = start(driver, KillTimeout=20 * SECOND_NS, ShutdownDelay=20 * SECOND_NS)
    await bench.told.until("Started")
    bench.runner.stop()
    await bench.told.until("Killing")

    bench.runner.stop(hasty=True)

    await asyncio.wait_for(bench.life, 5)
    assert driver.tasks[0].signals == [signal.SIGTERM, signal.SIGKILL]


async def test_a_failing_start_follows_the_restart_policy(start: Start) -> None:
    driver = ScriptedDriver()
    driver.failures = 1
    bench = start(driver)
    await bench.told.until("Started")

    assert bench.told.kinds()[2:] == ["Driver Failure", "Restarting", "Started"]


async def test_a_restart_that_is_asked_for_counts(start: Start) -> None:
    bench = start()
    await bench.told.until("Started")
    bench.runner.restart("because")
    await bench.told.until("Started", 2)

    assert bench.told.kinds()[3:] == [
        *("Restart Signaled", "Killing", "Terminated", "Restarting", "Started")
    ]
    assert bench.runner.state.restarts == 1


async def test_a_configuration_that_cannot_be_is_the_end(start: Start) -> None:
    bench = start(Config={"command": "${nobody.knows}"})
    await asyncio.wait_for(bench.life, 5)

    assert bench.told.kinds()[-2:] == ["Failed Validation", "Not Restarting"]
    assert bench.runner.state.failed
    assert bench.driver.tasks == []


async def test_an_error_that_nobody_foresaw_fails_the_task(start: Start) -> None:
    class Broken(ScriptedDriver):
        async def start(self, launch: Launch) -> Running:
            raise RuntimeError("what is this")

    bench = start(Broken())
    await asyncio.wait_for(bench.life, 5)

    assert bench.told.kinds()[-2:] == ["Driver Failure", "Not Restarting"]
    assert bench.runner.state.events[-2].message == "RuntimeError: what is this"
    assert bench.runner.state.failed


async def test_a_kill_signal_that_is_none_is_the_end(start: Start) -> None:
    bench = start(KillSignal="SIGNONE")
    await asyncio.wait_for(bench.life, 5)

    assert "Failed Validation" in bench.told.kinds()


async def test_a_missing_artifact_is_told_and_tried_again(start: Start) -> None:
    bench = start(Artifacts=[{"GetterSource": "/nowhere/at/all"}])
    await asyncio.wait_for(bench.life, 5)

    kinds = bench.told.kinds()
    assert kinds.count("Failed Artifact Download") == 2
    assert kinds[-1] == "Not Restarting"


async def test_only_the_last_ten_events_are_kept(start: Start) -> None:
    bench = start(RestartPolicy={**QUICK, "Attempts": 5, "Delay": 0})
    for number in range(6):
        await asyncio.wait_for(_task(bench.driver, number), 5)
        bench.driver.tasks[number].end(Exit(1))
    await asyncio.wait_for(bench.life, 5)

    assert len(bench.told.kinds()) == 10


async def _task(driver: ScriptedDriver, number: int) -> None:
    while len(driver.tasks) <= number:
        await asyncio.sleep(0.005)
