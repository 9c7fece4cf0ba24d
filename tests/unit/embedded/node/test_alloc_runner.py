"""The life of an allocation: tasks, checks and the verdict on it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from faas_nomad.embedded.node.alloc_runner import AllocRunner, Reports
from faas_nomad.embedded.node.drivers import Exit
from faas_nomad.embedded.node.services import NodeServices
from support.embedded_node import ScriptedDriver, Told, alloc_of, node_services
from support.nomad_job_specs import SECOND_NS, web_job, with_update

Start = Callable[..., tuple[AllocRunner, ScriptedDriver, Told]]
SOON = {"MinHealthyTime": SECOND_NS // 50, "HealthyDeadline": SECOND_NS // 2}


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    running: list[tuple[AllocRunner, NodeServices]] = []

    def begin(job: dict[str, Any], **more: Any) -> tuple[AllocRunner, ScriptedDriver, Told]:
        driver, told = ScriptedDriver(), Told()
        services = node_services(tmp_path, driver, **more)
        alloc = alloc_of(job)
        runner = AllocRunner(alloc, services, Reports(told.tasks, told.health))
        runner.start()
        runner.watch_health(alloc)
        running.append((runner, services))
        return runner, driver, told

    yield begin
    for runner, services in running:
        runner.stop(hasty=True)
        await asyncio.wait_for(runner.ended(), 5)
        await services.http.aclose()


async def verdict(told: Told) -> bool:
    async with asyncio.timeout(5):
        while not told.verdicts:
            await asyncio.sleep(0.005)
    return told.verdicts[0]


async def test_running_with_passing_checks_is_healthy(start: Start) -> None:
    _, _, told = start(with_update(web_job("x"), **SOON))

    assert await verdict(told) is True
    assert told.verdicts == [True]


async def test_failing_checks_are_unhealthy_at_the_deadline(start: Start) -> None:
    _, _, told = start(with_update(web_job("x"), **SOON), answer=500)

    assert await verdict(told) is False
    assert told.kinds()[-1] == "Alloc Unhealthy"


async def test_task_states_alone_need_no_checks(start: Start) -> None:
    job = with_update(web_job("x"), **SOON, HealthCheck="task_states")
    _, _, told = start(job, answer=500)

    assert await verdict(told) is True


async def test_a_restart_starts_the_healthy_time_anew(start: Start) -> None:
    job = with_update(web_job("x"), MinHealthyTime=SECOND_NS // 2, HealthyDeadline=5 * SECOND_NS)
    _, driver, told = start(job)
    await told.until("Started")
    driver.tasks[0].end(Exit(1))
    await told.until("Started", 2)
    started_ns = told.states[-1].started_ns

    assert await verdict(told) is True
    assert told.states[-1].started_ns == started_ns
    assert len(driver.tasks) == 2


async def test_a_check_that_keeps_failing_restarts_the_task(start: Start) -> None:
    job = web_job("x")
    check = job["TaskGroups"][0]["Services"][0]["Checks"][0]
    check["CheckRestart"] = {"Limit": 2, "Grace": SECOND_NS // 10}
    _, _, told = start(job, answer=500)

    await told.until("Restart Signaled")

    signaled = next(e for e in told.states[-1].events if e.kind == "Restart Signaled")
    assert signaled.message == 'healthcheck: check "health" unhealthy'


async def test_a_stop_waits_for_the_groups_delay(start: Start) -> None:
    job = web_job("x")
    job["TaskGroups"][0]["ShutdownDelay"] = SECOND_NS // 5
    runner, driver, told = start(job)
    await told.until("Started")
    clock = asyncio.get_running_loop().time
    begun = clock()

    runner.stop()
    await asyncio.wait_for(runner.ended(), 5)

    assert clock() - begun >= 0.2
    assert driver.tasks[0].signals


async def test_a_hurried_stop_does_not_wait(start: Start) -> None:
    job = web_job("x")
    job["TaskGroups"][0]["ShutdownDelay"] = 60 * SECOND_NS
    runner, _, told = start(job)
    await told.until("Started")
    runner.stop()

    runner.skip_delay()

    await asyncio.wait_for(runner.ended(), 5)
    assert told.kinds()[-1] == "Killed"


async def test_a_task_that_waits_for_a_variable_can_be_stopped(start: Start) -> None:
    text = '{{ with nomadVar "P" }}{{ base64Decode (index . "K").Value }}{{ end }}'
    runner, driver, told = start(
        web_job("x", Templates=[{"DestPath": "local/s", "EmbeddedTmpl": text}])
    )
    await told.until("Template")
    runner.stop()
    await asyncio.wait_for(runner.ended(), 5)

    assert driver.tasks == []
    assert told.states[-1].state == "dead"


async def test_a_waiting_task_starts_when_its_variable_comes(start: Start) -> None:
    text = '{{ with nomadVar "P" }}{{ base64Decode (index . "K").Value }}{{ end }}'
    variables: dict[str, dict[str, str]] = {}
    changed = asyncio.Event()
    job = web_job("x", Templates=[{"DestPath": "local/s", "EmbeddedTmpl": text}])
    runner, _, told = start(job, variables=variables, changed=changed)
    await told.until("Template")

    variables["P"] = {"K": "eA=="}
    changed.set()

    await told.until("Started")
    assert (runner.folders.task("fn") / "local/s").read_text() == "x"


@pytest.mark.parametrize(("mode", "starts"), [("noop", 1), ("restart", 2)])
async def test_a_changed_variable_changes_the_file(start: Start, mode: str, starts: int) -> None:
    text = '{{ with nomadVar "P" }}{{ base64Decode (index . "K").Value }}{{ end }}'
    variables = {"P": {"K": "eA=="}}
    template = {"DestPath": "local/s", "EmbeddedTmpl": text, "ChangeMode": mode}
    runner, driver, told = start(web_job("x", Templates=[template]), variables=variables)
    await told.until("Started")

    variables["P"] = {"K": "eQ=="}
    await runner.refresh_templates()

    assert (runner.folders.task("fn") / "local/s").read_text() == "y"
    await told.until("Started", starts)
    assert len(driver.tasks) == starts


async def test_a_mock_needs_no_folder_and_passes_its_checks(start: Start) -> None:
    job = with_update(web_job("x", Driver="mock_driver", Config={}), **SOON)
    runner, _, told = start(job, answer=500)

    assert await verdict(told) is True
    assert not runner.folders.root.exists()


async def test_a_check_that_changes_in_place_is_tried_anew(start: Start) -> None:
    job = with_update(web_job("x"), **SOON)
    runner, driver, told = start(job)
    assert await verdict(told) is True
    job["TaskGroups"][0]["Services"][0]["Checks"][0]["Path"] = "/other"
    job["TaskGroups"][0]["Tasks"][0]["KillSignal"] = "SIGUSR1"
    newer = replace(alloc_of(job), id=runner.id)
    told.verdicts.clear()

    runner.update(newer)
    runner.watch_health(newer)

    assert await verdict(told) is True
    runner.stop()
    await asyncio.wait_for(runner.ended(), 5)
    assert driver.tasks[0].signals == [signal.SIGTERM]
