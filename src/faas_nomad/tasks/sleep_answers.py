"""Answers the instance that decides whether functions are idle and quiet here too.

What is answered for is held until that instance has decided, or for `HELD_S`, whatever becomes of
it.
"""

import asyncio
import time
from collections.abc import Callable

from faas_nomad.model.instances import Answer, Ask
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey
from faas_nomad.tasks.holding import Holding, UnderWay
from faas_nomad.tasks.idleness import Idleness
from faas_nomad.tasks.instances import Instances

HELD_S = 5.0
"""What another instance asks to be held is held for so long: longer than it may decide."""
NEWS_WITHIN_S = 0.3
"""For a changed count to be known to all instances."""
POLL_S = 0.05


class SleepAnswers:
    """`asked` is for the lease, by which the deciding instance asks."""

    def __init__(
        self,
        functions: Functions,
        idleness: Idleness,
        under_way: UnderWay,
        instances: Instances,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._functions = functions
        self._idleness = idleness
        self._under_way = under_way
        self._instances = instances
        self._now_s = now_s
        self._answering: set[asyncio.Task[None]] = set()
        self._asked_now = 0

    def asked(self, ask: Ask | None) -> None:
        """Another instance wants to put functions to sleep; None: it has decided."""
        before, self._asked_now = self._asked_now, ask.number if ask else 0
        if ask is None or ask.number == before:
            return
        task = asyncio.ensure_future(self._answer(ask))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, ask: Ask) -> None:
        keys = [self._functions.directory.key_by_name(name) for name in ask.functions]
        idle = [key for key in keys if self._idleness.is_idle(key)]
        until_s = self._now_s() + HELD_S
        with Holding(self._functions, self._under_way) as holding:
            quiet = await holding.hold_quiet(idle)
            names = tuple(self._functions.function_name(key) for key in quiet)
            self._instances.answer(Answer(ask.number, names))
            while holding.held and self._now_s() < until_s:
                await asyncio.sleep(POLL_S)
                if self._asked_now != ask.number:  # it is decided; the counts' events are close
                    until_s = min(until_s, self._now_s() + NEWS_WITHIN_S)
                holding.release([key for key in holding.held if self._is_asleep(key)])

    def _is_asleep(self, key: JobKey) -> bool:
        job = self._functions.find(key)
        return job is None or job.count == 0
