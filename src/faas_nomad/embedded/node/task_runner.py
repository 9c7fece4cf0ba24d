"""The life of one task: prepared, started, started again, stopped; told in Nomad's words.

Source: nomad `client/allocrunner/taskrunner/task_runner.go` (v1.11) and the events of a real
agent.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping
from typing import Any

from faas_nomad.embedded.defaults import SECOND_NS
from faas_nomad.embedded.node.drivers import DriverError, Running
from faas_nomad.embedded.node.interruption import InterruptedWorkError, Interruption
from faas_nomad.embedded.node.killing import kill, kill_timeout_s
from faas_nomad.embedded.node.preparation import Preparation, TaskFailedError
from faas_nomad.embedded.node.task_history import TaskHistory
from faas_nomad.embedded.policies import RestartWindow, after_exit
from faas_nomad.embedded.records import DEAD, PENDING, RUNNING, TaskState

log = logging.getLogger(__name__)


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
        self._task = task
        self._restart_policy = task["RestartPolicy"]
        self._preparation = preparation
        self._now_ns = now_ns
        self._history = TaskHistory(self.name, now_ns, on_change)
        self._note = self._history.note
        self._window = RestartWindow()
        self._interruption = Interruption()
        self._stopping = False
        self._haste = asyncio.Event()
        self._running: Running | None = None

    @property
    def state(self) -> TaskState:
        """Return how the task is, and what happened to it."""
        return self._history.state

    def stop(self, *, hasty: bool = False) -> None:
        """Have the task end for good; `hasty` cuts its delays short."""
        self._stopping = True
        if hasty:
            self._haste.set()
        self._interruption.set()

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
            self._interruption.set()

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
            self._history.die(failed=False)

    async def _once(self) -> bool:
        """Start the task and see it end; tell whether it is to be started again."""
        try:
            await self._start_and_wait()
        except InterruptedWorkError:
            if self._stopping:
                return False
            self._interruption.clear()
        if self._stopping:
            return False
        return await self._pause_before_restart()

    async def _start_and_wait(self) -> None:
        try:
            driver, launch = await self._interruption.or_done(self._preparation.launch(self._note))
            running = await driver.start(launch)
        except (DriverError, OSError) as err:
            self._note("Driver Failure", str(err), DriverError=str(err))
            return
        as_started = self._task
        self._running = running
        self._note("Started", "Task started by client", state=RUNNING, started_ns=self._now_ns())
        try:
            how = await self._interruption.or_done(running.wait())
        except InterruptedWorkError:
            self._running = None
            await self._kill(running, as_started)
            raise
        self._running = None
        self._history.note_exit(how)

    async def _kill(self, running: Running, as_started: Mapping[str, Any]) -> None:
        timeout_s = kill_timeout_s(as_started)
        self._note("Killing", f"Sent interrupt. Waiting {timeout_s:g}s before force killing")
        delay_s = self._task["ShutdownDelay"] / SECOND_NS
        self._history.note_exit(await kill(running, as_started, delay_s, self._haste))
        if self._stopping:
            self._note("Killed", "Task successfully killed")

    async def _pause_before_restart(self) -> bool:
        """Wait as the restart policy says; tell whether to start again."""
        again = after_exit(self._restart_policy, self._window, self._now_ns())
        self._window = again.window
        if again.delay_ns is None:
            self._note("Not Restarting", again.reason, RestartReason=again.reason, FailsTask=True)
            self._history.die(failed=True)
            return False
        self._note(
            "Restarting",
            f"Task restarting in {again.delay_ns / SECOND_NS:g}s",
            state=PENDING,
            restarts=self.state.restarts + 1,
            last_restart_ns=self._now_ns(),
        )
        try:
            await self._interruption.or_done(asyncio.sleep(again.delay_ns / SECOND_NS))
        except InterruptedWorkError:
            self._interruption.clear()
        return not self._stopping

    def _give_up(self, kind: str, why: str, **details: Any) -> None:
        self._note(kind, why, **details)
        self._note("Not Restarting", "Error was unrecoverable")
        self._history.die(failed=True)
