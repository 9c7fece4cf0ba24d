"""What is under way in the workers when the service stops."""

import asyncio
import os
import signal
import socket
from asyncio.subprocess import Process
from collections import Counter

import pytest

from faas_nomad.workers import pool as pool_module
from faas_nomad.workers.child import start_worker
from proxy.message import response
from proxy.origin import origin
from proxy.wire import Wire, connect
from support.waiting import until
from workers.conftest import StartWorkers, Workers


async def test_requests_under_way_end_when_the_pool_drains(workers: Workers) -> None:
    may_answer, asked = asyncio.Event(), Counter[str]()

    async def slow(wire: Wire) -> None:
        await wire.read_message()
        asked["slow"] += 1
        await may_answer.wait()
        await wire.send(response(b"late"))

    async with origin(slow) as function:
        workers.publish(function.port)
        callers = await workers.one_caller_each()
        calls = [asyncio.ensure_future(caller.call()) for caller in callers]
        await until(lambda: asked["slow"] == 2, "both are under way")

        draining = asyncio.ensure_future(workers.pool.drain())
        await _until_refused(workers.port)
        assert not draining.done()
        may_answer.set()

        assert [(await call).body for call in calls] == [b"late", b"late"]
        assert await draining
        assert workers.answers() == {200: 2}
        assert workers.pool.supervisor.restarts == 0


async def test_requests_that_outlast_the_drain_time_are_cut_and_told(
    start_workers: StartWorkers,
) -> None:
    workers = await start_workers(drain_time_s=0.2)
    asked = asyncio.Event()

    async def silent(wire: Wire) -> None:
        await wire.read_message()
        asked.set()
        await wire.rest()

    async with origin(silent) as function:
        await workers.listening()
        workers.publish(function.port)
        caller = await workers.connect()
        call = asyncio.ensure_future(caller.call())
        await asyncio.wait_for(asked.wait(), 5)

        assert not await workers.pool.drain()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await call


async def test_a_worker_that_is_just_being_started_takes_no_callers(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_start, is_asked = asyncio.Event(), asyncio.Event()
    started: list[Process] = []

    async def start_late() -> tuple[Process, socket.socket]:
        is_asked.set()
        await may_start.wait()
        process, ours = await start_worker()
        started.append(process)
        return process, ours

    monkeypatch.setattr(pool_module, "start_worker", start_late)
    os.kill(workers.pool.pids[0], signal.SIGKILL)
    await is_asked.wait()

    assert await workers.pool.drain()
    may_start.set()
    await until(lambda: started and started[0].returncode is not None, "it is ended")
    assert workers.pool.hub.listening == 0


async def _until_refused(port: int) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                (await connect(port)).close()
            except ConnectionRefusedError:
                return
            except ConnectionResetError:
                continue  # it came in the moment of closing
