"""What all workers together have under way for a function."""

import asyncio
import os
import signal

from proxy.message import response
from proxy.origin import origin
from proxy.wire import Wire
from support.waiting import until
from workers.conftest import StartWorkers


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
