import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from faas_nomad.workers.supervisor import (
    FIRST_PAUSE_S,
    MAX_PAUSE_S,
    STEADY_AFTER_S,
    Supervisor,
    pause_after,
)


class Script:
    """Workers that end when told to, and a clock that pauses move."""

    def __init__(self, count: int) -> None:
        self.now_s = 0.0
        self.pauses_s: list[float] = []
        self.alive: dict[int, asyncio.Future[str]] = {}
        self.most_alive = 0
        self.starts = 0
        self.refusals: list[OSError] = []
        """What the next starts fail with."""
        self.supervisor = Supervisor(count, self.run_worker, lambda: self.now_s, self.sleep)

    async def run_worker(self, number: int) -> str:
        assert number not in self.alive
        self.starts += 1
        if self.refusals:
            raise self.refusals.pop()
        self.alive[number] = asyncio.get_running_loop().create_future()
        self.most_alive = max(self.most_alive, len(self.alive))
        try:
            return await self.alive[number]
        finally:
            del self.alive[number]

    async def sleep(self, pause_s: float) -> None:
        self.pauses_s.append(pause_s)
        self.now_s += pause_s
        await asyncio.sleep(0)

    async def end(self, number: int, after_s: float) -> None:
        """Let a worker end that long after now, and all follow that follows."""
        self.now_s += after_s
        self.alive[number].set_result("exit code -9")
        await settle()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@asynccontextmanager
async def supervised(count: int) -> AsyncIterator[Script]:
    script = Script(count)
    running = asyncio.ensure_future(script.supervisor.run())
    await settle()
    yield script
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert not script.alive


@pytest.mark.parametrize(
    ("last_pause_s", "lived_s", "pause_s"),
    [
        (0.0, 1.0, FIRST_PAUSE_S),
        (0.1, 1.0, 0.2),
        (4.0, 0.0, MAX_PAUSE_S),
        (MAX_PAUSE_S, 0.0, MAX_PAUSE_S),
        (MAX_PAUSE_S, STEADY_AFTER_S, 0.0),
    ],
)
def test_pauses_double_up_to_a_bound_and_a_steady_worker_ends_them(
    last_pause_s: float, lived_s: float, pause_s: float
) -> None:
    assert pause_after(last_pause_s, lived_s) == pause_s


async def test_as_many_workers_run_as_were_asked_for() -> None:
    async with supervised(3) as script:
        assert sorted(script.alive) == [0, 1, 2]
        assert script.supervisor.restarts == 0


async def test_a_worker_that_ends_is_replaced_and_counted_and_the_others_live_on() -> None:
    async with supervised(2) as script:
        other = script.alive[1]
        await script.end(0, after_s=60.0)

        assert sorted(script.alive) == [0, 1]
        assert script.alive[1] is other
        assert script.supervisor.restarts == 1
        assert script.pauses_s == [0.0]


async def test_a_worker_that_ends_again_and_again_is_replaced_ever_more_slowly() -> None:
    async with supervised(2) as script:
        for _ in range(9):
            await script.end(0, after_s=0.5)

        assert script.pauses_s == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
        assert script.supervisor.restarts == 9
        assert script.most_alive == 2


async def test_none_is_replaced_once_it_is_stopped() -> None:
    async with supervised(2) as script:
        script.supervisor.stop()
        await script.end(0, after_s=60.0)

        assert sorted(script.alive) == [1]
        assert script.starts == 2


async def test_a_worker_that_cannot_be_started_is_tried_again_and_the_others_live_on() -> None:
    async with supervised(2) as script:
        other = script.alive[1]
        script.refusals = [OSError(24, "Too many open files")] * 3
        await script.end(0, after_s=60.0)

        assert sorted(script.alive) == [0, 1]
        assert script.alive[1] is other
        assert script.pauses_s == [0.0, 0.1, 0.2, 0.4]
