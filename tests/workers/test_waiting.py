"""Requests in workers that wait for a function's first replica."""

import asyncio

from proxy.origin import origin
from support.waiting import until
from workers.conftest import StartWorkers


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
