"""Two processes on one port: together they are one data path, and one may die."""

import asyncio
import os
import signal
from collections import Counter

import pytest

from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.state.endpoints import RouteTable
from faas_nomad.workers.pool import WorkerPool
from proxy.wire import Wire, connect, origin, response
from workers.conftest import Caller, StartWorkers, Workers, until


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


async def test_a_worker_that_is_killed_costs_only_its_own_requests(workers: Workers) -> None:
    async with origin() as function:
        workers.publish(function.port)
        callers = [*await workers.one_caller_each(), *[await workers.connect() for _ in range(6)]]
        victim = callers[0].pid
        answers: Counter[int] = Counter()
        stop = asyncio.Event()

        async def loop(number: int) -> BaseException | None:
            try:
                while not stop.is_set():
                    assert (await callers[number].call()).body == b"ok"
                    answers[number] += 1
            except (asyncio.IncompleteReadError, ConnectionError) as err:
                return err
            return None

        loops = [asyncio.ensure_future(loop(number)) for number in range(len(callers))]
        await until(lambda: min(answers[n] for n in range(len(callers))) > 3, "all are answered")
        os.kill(victim, signal.SIGKILL)
        await until(lambda: workers.pool.supervisor.restarts == 1, "it is replaced")
        await workers.listening()
        before = answers.copy()
        others = [n for n, caller in enumerate(callers) if caller.pid != victim]
        await until(lambda: all(answers[n] > before[n] + 3 for n in others), "others go on")
        stop.set()
        failures = await asyncio.gather(*loops)

        for caller, failure in zip(callers, failures, strict=True):
            assert (failure is not None) == (caller.pid == victim), failure
        assert victim not in workers.pool.pids
        assert len(workers.pool.pids) == 2
        for caller in await workers.one_caller_each():
            assert (await caller.call()).body == b"ok"


async def test_counters_are_the_sum_and_outlive_a_worker(workers: Workers) -> None:
    async with origin() as function:
        workers.publish(function.port)
        callers = await workers.one_caller_each()
        for caller in callers * 5:
            assert (await caller.call()).status == 200
        await until(lambda: workers.answers() == {200: 10}, "both have reported")
        open_connections = workers.pool.stats.clients

        os.kill(callers[0].pid, signal.SIGKILL)
        await until(lambda: workers.pool.supervisor.restarts == 1, "it is replaced")
        assert workers.answers() == {200: 10}
        assert 0 < workers.pool.stats.clients < open_connections

        await workers.listening()
        for caller in await workers.one_caller_each():
            assert (await caller.call()).status == 200
        await until(lambda: workers.answers() == {200: 12}, "the replacement has reported")
        assert workers.pool.stats.functions["f.openfaas-fn"].in_flight == 0


async def test_a_replica_that_refuses_is_told_to_the_control_plane(workers: Workers) -> None:
    async with origin() as function:
        closed = function.port
    workers.publish(closed)
    caller = await workers.connect()

    assert (await caller.call()).status in (502, 503)
    await until(lambda: f"f-{closed}" in workers.failed, "the failure is told")


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


async def test_a_worker_that_hangs_is_replaced(start_workers: StartWorkers) -> None:
    workers = await start_workers(max_silent_ticks=8)
    await workers.listening()
    hanging = workers.pool.pids[0]

    os.kill(hanging, signal.SIGSTOP)
    await until(lambda: workers.pool.supervisor.restarts == 1, "it is replaced")

    await workers.listening()
    assert hanging not in workers.pool.pids


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


async def _until_refused(port: int) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                (await connect(port)).close()
            except ConnectionRefusedError:
                return
            except ConnectionResetError:
                continue  # it came in the moment of closing


class Sleeper:
    """Lets requests wait, or not, and notes for which functions it was asked."""

    def __init__(self, *, waits: bool = True) -> None:
        self.waits = waits
        self.asked: list[str] = []

    def wake(self, function: str) -> bool:
        self.asked.append(function)
        return self.waits


async def test_requests_in_all_workers_wait_for_a_first_replica(
    start_workers: StartWorkers,
) -> None:
    sleeper = Sleeper()
    workers = await start_workers(waker=sleeper)
    await workers.listening()
    workers.publish(replicas=0)
    callers = [*await workers.one_caller_each(), *await workers.one_caller_each()]
    calls = [asyncio.ensure_future(caller.call()) for caller in callers]
    await until(lambda: workers.pool.stats.waiting == 4, "all four wait")

    assert sleeper.asked == ["f.openfaas-fn"] * 2, "each worker asks once"
    async with origin() as replica:
        workers.publish(replica.port)
        assert [(await call).status for call in calls] == [200] * 4


async def test_a_worker_refuses_requests_when_there_is_nothing_to_wait_for(
    start_workers: StartWorkers,
) -> None:
    workers = await start_workers(waker=Sleeper(waits=False))
    await workers.listening()
    workers.publish(replicas=0)

    answer = await (await workers.connect()).call()

    assert (answer.status, answer.body) == (503, b"No endpoints available for: f.openfaas-fn.\n")


async def test_waiting_requests_of_all_workers_are_refused_with_the_reason(
    start_workers: StartWorkers,
) -> None:
    workers = await start_workers(waker=Sleeper())
    await workers.listening()
    workers.publish(replicas=0)
    calls = [asyncio.ensure_future(caller.call()) for caller in await workers.one_caller_each()]
    await until(lambda: workers.pool.stats.waiting == 2, "both wait")

    workers.pool.refuse_waiting("f.openfaas-fn", "Nomad is away.")

    assert [(await call).body for call in calls] == [b"Nomad is away.\n"] * 2


async def test_workers_say_what_they_have_under_way(start_workers: StartWorkers) -> None:
    workers = await start_workers()
    await workers.listening()
    answer = asyncio.Event()

    async def slowly(wire: Wire) -> None:
        await wire.read_message()
        await answer.wait()
        await wire.send(response(b"ok"))

    async with origin(slowly) as replica:
        workers.publish(replica.port)
        assert await workers.pool.under_way("f.openfaas-fn") == 0
        calls = [asyncio.ensure_future(one.call()) for one in await workers.one_caller_each()]
        await until(lambda: replica.connections == 2, "both have come")

        assert await workers.pool.under_way("f.openfaas-fn") == 2
        answer.set()
        await asyncio.gather(*calls)
        assert await workers.pool.under_way("f.openfaas-fn") == 0


async def test_a_worker_that_does_not_say_what_it_has_under_way_leaves_that_unknown(
    start_workers: StartWorkers,
) -> None:
    workers = await start_workers()
    await workers.listening()
    os.kill(workers.pool.pids[0], signal.SIGSTOP)

    assert await workers.pool.under_way("f.openfaas-fn") is None
