"""How a running task is ended: its delay, its kill signal, its time, then SIGKILL."""

import asyncio
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from faas_nomad.embedded.defaults import SECOND_NS
from faas_nomad.embedded.node.drivers import Exit, Running

MAX_KILL_TIMEOUT_S = 30.0
"""Nomad's `max_kill_timeout` of clients."""
HASTY_KILL_TIMEOUT_S = 1.0
"""What a task has to end in when the stand-in itself is stopped."""


async def kill(
    running: Running, as_started: Mapping[str, Any], delay_s: float, haste: asyncio.Event
) -> Exit:
    """End a task, after `delay_s`, and return how it ended; `haste` cuts its times short."""
    with suppress(TimeoutError):
        async with asyncio.timeout(delay_s):
            await haste.wait()
    running.send(kill_signal(as_started))
    if not await _has_ended(running, kill_timeout_s(as_started), haste):
        running.send(signal.SIGKILL)
    return await running.wait()


def kill_timeout_s(task: Mapping[str, Any]) -> float:
    """Return how long the task may take to end by itself."""
    return float(min(MAX_KILL_TIMEOUT_S, task["KillTimeout"] / SECOND_NS))


def kill_signal(task: Mapping[str, Any]) -> int:
    """Return the number of the task's `KillSignal`; SIGINT when it has none, as for raw_exec."""
    name = task["KillSignal"] or "SIGINT"
    return int(signal.Signals[name])


async def _has_ended(running: Running, timeout_s: float, haste: asyncio.Event) -> bool:
    """Give the task its time, or little of it in haste; tell whether it has ended."""
    ended = asyncio.ensure_future(running.wait())
    hurried = asyncio.ensure_future(haste.wait())
    await asyncio.wait((ended, hurried), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    if not ended.done() and hurried.done():
        await asyncio.wait((ended,), timeout=min(timeout_s, HASTY_KILL_TIMEOUT_S))
    for waiting in (ended, hurried):
        waiting.cancel()
    return ended.done() and not ended.cancelled()
