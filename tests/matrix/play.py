"""Plays cases against proxies: one runner for ours and for the others."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from matrix.case import BrokenError, Case, Stage
from proxy.origin import origin
from support.ports import free_port

AT_ONCE = 6


class Subject(Protocol):
    """A proxy that can be started."""

    def serving(self, ports: Sequence[int]) -> AbstractAsyncContextManager[int]:
        """Run it before the function `f` with replicas at `ports` here; give its own port."""
        ...


@dataclass(frozen=True)
class Outcome:
    """How a case went; `instead` says what happened where what must hold did not."""

    holds: bool
    instead: str = ""


async def play(case: Case, subject: Subject) -> Outcome:
    """Play one case on a proxy of its own."""
    try:
        async with _stage(case, subject) as stage:
            await case.play(stage)
    except BrokenError as err:
        return Outcome(False, str(err))
    except TimeoutError:
        return Outcome(False, "nothing comes")
    except asyncio.IncompleteReadError:
        return Outcome(False, "cut off")
    except ConnectionError:
        return Outcome(False, "reset")
    return Outcome(True)


async def play_all(cases: Iterable[Case], subject: Subject) -> dict[str, Outcome]:
    """Play cases, several at a time; return how they went by their names, in their order."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(case: Case) -> Outcome:
        async with turns:
            return await play(case, subject)

    cases = list(cases)
    outcomes = await asyncio.gather(*(in_turn(case) for case in cases))
    return dict(zip((case.name for case in cases), outcomes, strict=True))


@asynccontextmanager
async def _stage(case: Case, subject: Subject) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(origin()) for _ in range(case.replicas)]
        ports = [replica.port for replica in replicas]
        ports += [free_port() for _ in range(case.refusing)]
        stage = Stage(await stack.enter_async_context(subject.serving(ports)), replicas)
        try:
            yield stage
        finally:
            for caller in stage.callers:
                caller.close()
            for replica in replicas:
                replica.failures.clear()  # a proxy that breaks the rules makes scripts fail
