"""Being called away from what one is doing: a stop or a restart, whatever is under way."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class InterruptedWorkError(Exception):
    """The task was told to stop, or to start anew, while it was busy."""


class Interruption:
    """Set until it is cleared by whoever obeys it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """Interrupt what is under way, or else what begins next."""
        self._event.set()

    def clear(self) -> None:
        """Take it as obeyed."""
        self._event.clear()

    async def or_done(self, work: Awaitable[T]) -> T:
        """Return what `work` gives. Raises: InterruptedWorkError, with the work cancelled."""
        doing = asyncio.ensure_future(work)
        interrupt = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait((doing, interrupt), return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            raise InterruptedWorkError
        finally:
            interrupt.cancel()
            if not doing.done():
                doing.cancel()
                with suppress(asyncio.CancelledError):
                    await doing
