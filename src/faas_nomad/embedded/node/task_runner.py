"""The life of one task: prepared, started, started again, stopped; told in Nomad's words.

Source: nomad `client/allocrunner/taskrunner/task_runner.go` (v1.11) and the events of a real
agent.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from faas_nomad.embedded.defaults import SECOND_NS
from faas_nomad.embedded.node.drivers import DriverError, Exit, Running
from faas_nomad.embedded.node.preparation import Preparation, TaskFailedError
from faas_nomad.embedded.policies import RestartWindow, after_exit
from faas_nomad.embedded.records import (
    DEAD,
    MAX_TASK_EVENTS,
    PENDING,
    RUNNING,
    TaskEvent,
    TaskState,
)

MAX_KILL_TIMEOUT_S = 30.0
"""Nomad's `max_kill_timeout` of clients."""
HASTY_KILL_TIMEOUT_S = 1.0
"""What a task has to end in when the stand-in itself is stopped."""
T = TypeVar("T")
log = logging.getLogger(__name__)


class _InterruptedError(Exception):
    """The task was told to stop, or to start anew, while it was busy."""


class TaskRunner:
    """Runs one task; every change of its state goes to `on_change`."""

    def __init__(
        self,
        task: Mapping[str, Any],
        preparation: Preparation,
        now_ns: Callable[[], int],
        on_change: Callable[[str, TaskState], None],
    ) -> None:
        self.name = str(task["Name"])
        self.state = TaskState()
        self._task = task
        self._restart_policy = task["RestartPolicy"]
        self._preparation = preparation
        self._now_ns = now_ns
        self._on_change = on_change
        self._window = RestartWindow()
        self._interrupt = asyncio.Event()
        self._stopping = False
        self._haste = asyncio.Event()
        self._running: Running | None = None

    def stop(self, *, hasty: bool = False) -> None:
        """Have the task end for good; `hasty` cuts its delays short."""
        self._stopping = True
        if hasty:
            self._haste.set()
        self._interrupt.set()

    def update(self, changes: Mapping[str, Any]) -> None:
        """Take over what a newer job version changed in place.

        As in Nomad, a running task keeps its kill signal and timeout, and every task its restart
        policy.
        """
        self._task = {**self._task, **changes}

    def restart(self, why: str) -> None:
        """Have a running task end and start again; it counts as one of its restarts."""
        if self.state.state == RUNNING and not self._stopping:
            self._note("Restart Signaled", why)
            self._interrupt.set()

    def tell_unhealthy(self, why: str) -> None:
        """Add the event of an allocation that did not become healthy in time."""
        self._note("Alloc Unhealthy", why)

    async def refresh_templates(self) -> None:
        """Render the templates anew, and do what those that changed ask for."""
        if self.state.state != RUNNING:
            return
        changed = await self._preparation.refresh_templates()
        if any(template["ChangeMode"] == "restart" for template in changed):
            self.restart("Template with change_mode restart re-rendered")
            return
        signals = (t["ChangeSignal"] for t in changed if t["ChangeMode"] == "signal")
        for name in dict.fromkeys(signals):
            self.signal(str(name), "Template re-rendered")

    def signal(self, name: str, why: str) -> None:
        """Send a running task a signal, `SIGHUP` for instance."""
        if self._running is not None and not self._stopping:
            self._note("Signaling", why)
            self._running.send(signal.Signals[name])

    async def run(self) -> None:
        """Live until the task ended for good."""
        self._note("Received", "Task received by client")
        try:
            while not self._stopping and await self._once():
                pass
        except TaskFailedError as err:
            self._give_up(err.kind, str(err), **err.details)
        except Exception as err:
            log.exception("task %s cannot be run", self.name)
            self._give_up("Driver Failure", f"{type(err).__name__}: {err}")
        if self.state.state != DEAD:
            self._move(state=DEAD, finished_ns=self._now_ns())

    async def _once(self) -> bool:
        """Start the task and see it end; tell whether it is to be started again."""
        try:
            await self._start_and_wait()
        except _InterruptedError:
            if self._stopping:
                return False
            self._interrupt.clear()
        if self._stopping:
            return False
        return await self._pause_before_restart()

    async def _start_and_wait(self) -> None:
        try:
            driver, launch = await self._or_interrupt(self._preparation.launch(self._note))
            running = await driver.start(launch)
        except (DriverError, OSError) as err:
            self._note("Driver Failure", str(err), DriverError=str(err))
            return
        as_started = self._task
        self._running = running
        self._note("Started", "Task started by client", state=RUNNING, started_ns=self._now_ns())
        try:
            how = await self._or_interrupt(running.wait())
        except _InterruptedError:
            self._running = None
            await self._kill(running, as_started)
            raise
        self._running = None
        self._note_exit(how)

    async def _kill(self, running: Running, as_started: Mapping[str, Any]) -> None:
        timeout_s = min(MAX_KILL_TIMEOUT_S, as_started["KillTimeout"] / SECOND_NS)
        self._note("Killing", f"Sent interrupt. Waiting {timeout_s:g}s before force killing")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._haste.wait(), self._task["ShutdownDelay"] / SECOND_NS)
        running.send(kill_signal(as_started))
        if not await self._has_ended(running, timeout_s):
            running.send(signal.SIGKILL)
        how = await running.wait()
        self._note_exit(how)
        if self._stopping:
            self._note("Killed", "Task successfully killed")

    async def _has_ended(self, running: Running, timeout_s: float) -> bool:
        """Give the task its time, or little of it in haste; tell whether it has ended."""
        ended = asyncio.ensure_future(running.wait())
        haste = asyncio.ensure_future(self._haste.wait())
        await asyncio.wait((ended, haste), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done() and haste.done():
            await asyncio.wait((ended,), timeout=min(timeout_s, HASTY_KILL_TIMEOUT_S))
        for waiting in (ended, haste):
            waiting.cancel()
        return ended.done() and not ended.cancelled()

    async def _pause_before_restart(self) -> bool:
        """Wait as the restart policy says; tell whether to start again."""
        again = after_exit(self._restart_policy, self._window, self._now_ns())
        self._window = again.window
        if again.delay_ns is None:
            self._note("Not Restarting", again.reason, RestartReason=again.reason, FailsTask=True)
            self._move(state=DEAD, failed=True, finished_ns=self._now_ns())
            return False
        self._note(
            "Restarting",
            f"Task restarting in {again.delay_ns / SECOND_NS:g}s",
            state=PENDING,
            restarts=self.state.restarts + 1,
            last_restart_ns=self._now_ns(),
        )
        try:
            await self._or_interrupt(asyncio.sleep(again.delay_ns / SECOND_NS))
        except _InterruptedError:
            self._interrupt.clear()
        return not self._stopping

    async def _or_interrupt(self, work: Awaitable[T]) -> T:
        """Return what `work` gives. Raises: _InterruptedError, with the work cancelled."""
        doing = asyncio.ensure_future(work)
        interrupt = asyncio.ensure_future(self._interrupt.wait())
        try:
            await asyncio.wait((doing, interrupt), return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            raise _InterruptedError
        finally:
            interrupt.cancel()
            if not doing.done():
                doing.cancel()
                with suppress(asyncio.CancelledError):
                    await doing

    def _give_up(self, kind: str, why: str, **details: Any) -> None:
        self._note(kind, why, **details)
        self._note("Not Restarting", "Error was unrecoverable")
        self._move(state=DEAD, failed=True, finished_ns=self._now_ns())

    def _note_exit(self, how: Exit) -> None:
        text = f"Exit Code: {how.code}" + (f", Signal: {how.signal}" if how.signal else "")
        self._note("Terminated", text, ExitCode=how.code, Signal=how.signal)

    def _note(self, kind: str, message: str, **details: Any) -> None:
        """Add an event; what is a field of the state changes that."""
        moves = {k: v for k, v in details.items() if k in _STATE_FIELDS}
        extra = {k: v for k, v in details.items() if k not in _STATE_FIELDS}
        event = TaskEvent(kind, message, self._now_ns(), extra)
        events = (*self.state.events, event)[-MAX_TASK_EVENTS:]
        self._move(events=events, **moves)

    def _move(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._on_change(self.name, self.state)


_STATE_FIELDS = frozenset(("state", "started_ns", "restarts", "last_restart_ns"))


def kill_signal(task: Mapping[str, Any]) -> int:
    """Return the number of the task's `KillSignal`; SIGINT when it has none, as for raw_exec."""
    name = task["KillSignal"] or "SIGINT"
    return int(signal.Signals[name])
