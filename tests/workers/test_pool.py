"""Two processes on one port are one data path."""

import asyncio
from collections import Counter

import pytest

from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.state.endpoints import RouteTable
from faas_nomad.workers.pool import WorkerPool
from proxy.message import response
from proxy.origin import origin
from support.waiting import until
from workers.conftest import Caller, StartWorkers, Workers


async def test_two_workers_answer_on_one_port(workers: Workers) -> None:
    async with origin() as function:
        workers.publish(function.port)
        callers = await workers.one_caller_each()

        assert [caller.pid for caller in callers] == workers.pool.pids
        assert len(callers) == 2
        for caller in callers:
            assert (await caller.call()).body == b"ok"


async def test_a_change_reaches_all_and_what_was_removed_is_used_no_more(workers: Workers) -> None:
    async with origin() as old, origin() as new:
        new.scripts = [new.answering(response(b"new"))]
        workers.publish(old.port)
        callers = await workers.one_caller_each()
        for caller in callers:
            assert (await caller.call()).body == b"ok"

        workers.publish(new.port)
        for caller in callers:
            await _until_answered(caller, b"new")
        served = len(old.requests)
        bodies = Counter([(await caller.call()).body for caller in callers for _ in range(20)])

        assert bodies == {b"new": 40}
        assert len(old.requests) == served


async def test_a_removed_function_is_unknown_to_all(workers: Workers) -> None:
    async with origin() as function:
        workers.publish(function.port)
        callers = await workers.one_caller_each()
        for caller in callers:
            assert (await caller.call()).status == 200

        workers.table.publish(("f", "f.openfaas-fn"), None)
        for caller in callers:
            await _until_status(caller, 404)


async def test_a_name_is_unknown_only_once_all_names_are_known(
    start_workers: StartWorkers,
) -> None:
    workers = await start_workers()
    workers.table.is_known = False
    await workers.listening()
    callers = await workers.one_caller_each()
    for caller in callers:
        assert (await caller.call()).status == 503

    workers.table.is_known = True
    for caller in callers:
        await _until_status(caller, 404)


async def test_a_replica_that_refuses_is_told_to_the_control_plane(workers: Workers) -> None:
    async with origin() as function:
        closed = function.port
    workers.publish(closed)
    caller = await workers.connect()

    assert (await caller.call()).status in (502, 503)
    await until(lambda: f"f-{closed}" in workers.failed, "the failure is told")


async def test_a_port_that_another_has_is_refused(workers: Workers) -> None:
    other = WorkerPool(
        count=2,
        table=RouteTable(),
        control_socket="/nonexistent",
        limits=ProxyLimits(),
        on_endpoint_failed=print,
    )
    with pytest.raises(OSError, match="in use"):
        await other.listen("127.0.0.1", workers.port, "gateway")


async def _until_answered(caller: Caller, body: bytes) -> None:
    async with asyncio.timeout(5):
        while (await caller.call()).body != body:
            pass


async def _until_status(caller: Caller, status: int) -> None:
    async with asyncio.timeout(5):
        while (await caller.call()).status != status:
            pass
