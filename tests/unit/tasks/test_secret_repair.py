"""The repair runs at the start and for ever; what fails is said once."""

import asyncio

import pytest
from structlog.testing import capture_logs

from faas_nomad.clients.errors import BackendError, DeniedError, UnreachableError
from faas_nomad.tasks.secret_repair import keep_repairing


class ScriptedRepair:
    """Ends in the given way each time; None is success."""

    def __init__(self, *ends: BackendError | None) -> None:
        self.ends = list(ends)

    async def pass_over(self) -> None:
        end = self.ends.pop(0)
        if end:
            raise end


class Stopped(BaseException):
    """Ends the endless task."""


async def run(*repairs: ScriptedRepair) -> list[float]:
    pauses_s: list[float] = []

    async def sleep(pause_s: float) -> None:
        pauses_s.append(pause_s)
        if not repairs[0].ends:
            raise Stopped

    ready = asyncio.Event()
    ready.set()
    with pytest.raises(Stopped):
        await keep_repairing(repairs, ready, 60.0, sleep)
    return pauses_s


async def test_passes_are_made_at_once_and_then_at_the_interval() -> None:
    assert await run(ScriptedRepair(None, None, None)) == [60.0, 60.0, 60.0]


async def test_a_failure_is_logged_when_it_is_new() -> None:
    denied, away = DeniedError("no right"), UnreachableError("away")

    with capture_logs() as logs:
        await run(ScriptedRepair(denied, denied, away, None, away))

    assert [line["reason"] for line in logs] == ["no right", "away", "away"]


async def test_one_that_fails_keeps_no_other_from_its_pass() -> None:
    away = UnreachableError("a region is away")
    other = ScriptedRepair(None, away, None)

    with capture_logs() as logs:
        await run(ScriptedRepair(away, away, away), other)

    assert other.ends == []
    assert [line["reason"] for line in logs] == ["a region is away"] * 2


async def test_nothing_is_done_before_functions_are_known() -> None:
    task = asyncio.ensure_future(keep_repairing((ScriptedRepair(),), asyncio.Event(), 60.0))
    await asyncio.sleep(0)

    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
