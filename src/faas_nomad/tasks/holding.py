"""Holds functions' requests while it is decided whether they sleep, and finds what is under way."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Self

from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey

UnderWay = Callable[[str], Awaitable[int | None]]
"""Gives what a function has under way once all routes are in force; None when nobody knows."""


class Holding:
    """What one decision holds; `with` it, so that all of it is released in the end."""

    def __init__(self, functions: Functions, under_way: UnderWay) -> None:
        self._functions = functions
        self._under_way = under_way
        self.held: list[JobKey] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release(list(self.held))

    async def hold_quiet(self, keys: list[JobKey]) -> list[JobKey]:
        """Hold the requests of those of `keys` that have nothing under way; return them."""
        for key in keys:
            self._functions.hold(key)
            self.held.append(key)
        names = [self._functions.function_name(key) for key in keys]
        under_way = await asyncio.gather(*map(self._under_way, names))
        quiet = [key for key, figure in zip(keys, under_way, strict=True) if figure == 0]
        self.release(set(keys) - set(quiet))
        return quiet

    def release(self, keys: Iterable[JobKey]) -> None:
        """Let the requests of held functions go."""
        for key in keys:
            self.held.remove(key)
            self._functions.release(key)
