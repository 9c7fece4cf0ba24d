"""A worker that dies or hangs: what it costs, and what takes its place."""

import asyncio
import os
import signal
from collections import Counter

from proxy.origin import origin
from support.waiting import until
from workers.conftest import StartWorkers, Workers


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


async def test_a_worker_that_hangs_is_replaced(start_workers: StartWorkers) -> None:
    workers = await start_workers(max_silent_ticks=8)
    await workers.listening()
    hanging = workers.pool.pids[0]

    os.kill(hanging, signal.SIGSTOP)
    await until(lambda: workers.pool.supervisor.restarts == 1, "it is replaced")

    await workers.listening()
    assert hanging not in workers.pool.pids
