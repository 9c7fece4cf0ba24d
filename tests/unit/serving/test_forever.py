"""The service lives as long as all its tasks, and none outlives it."""

import asyncio
from typing import Never

import pytest

from faas_nomad.serving.forever import ForeverTasks


async def for_ever() -> Never:
    while True:
        await asyncio.sleep(3600)


async def dies() -> Never:
    raise RuntimeError("died")


async def deaf_once() -> Never:
    """Lose the first cancellation, as `asyncio.wait_for` does before Python 3.12."""
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await for_ever()
    raise AssertionError("never")


@pytest.fixture
async def server() -> "asyncio.Future[None]":
    return asyncio.get_running_loop().create_future()


async def test_a_task_that_dies_ends_the_service_and_is_told(
    server: "asyncio.Future[None]",
) -> None:
    tasks = ForeverTasks(server)
    tasks.start([for_ever(), dies()])

    await tasks.until_told_to_stop()

    [died] = tasks.ended()
    with pytest.raises(RuntimeError, match="died"):
        died.result()
    await tasks.cancel()


async def test_a_server_that_ends_ends_the_service(server: "asyncio.Future[None]") -> None:
    tasks = ForeverTasks(server)
    tasks.start([for_ever()])
    server.set_result(None)

    await tasks.until_told_to_stop()

    assert tasks.ended() == [server]
    await tasks.cancel()


async def test_a_task_that_loses_a_cancellation_ends_all_the_same(
    server: "asyncio.Future[None]",
) -> None:
    tasks = ForeverTasks(server)
    tasks.start([deaf_once(), for_ever()])
    await asyncio.sleep(0)

    async with asyncio.timeout(10):
        await tasks.cancel(again_s=0.01)

    assert not server.done()
