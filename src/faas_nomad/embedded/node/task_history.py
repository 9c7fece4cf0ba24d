"""A task's state and events as Nomad tells them; what happens to the task is noted here."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from faas_nomad.embedded.node.drivers import Exit
from faas_nomad.embedded.records import DEAD, MAX_TASK_EVENTS, TaskEvent, TaskState

_STATE_FIELDS = frozenset(("state", "started_ns", "restarts", "last_restart_ns"))


class TaskHistory:
    """The present `state` of the task `name`; every change goes to `on_change`."""

    def __init__(
        self, name: str, now_ns: Callable[[], int], on_change: Callable[[str, TaskState], None]
    ) -> None:
        self.state = TaskState()
        self._name = name
        self._now_ns = now_ns
        self._on_change = on_change

    def note(self, kind: str, message: str, **details: Any) -> None:
        """Add an event; what is a field of the state changes that."""
        moves = {k: v for k, v in details.items() if k in _STATE_FIELDS}
        extra = {k: v for k, v in details.items() if k not in _STATE_FIELDS}
        event = TaskEvent(kind, message, self._now_ns(), extra)
        events = (*self.state.events, event)[-MAX_TASK_EVENTS:]
        self._move(events=events, **moves)

    def note_exit(self, how: Exit) -> None:
        """Add the event of a process's end."""
        text = f"Exit Code: {how.code}" + (f", Signal: {how.signal}" if how.signal else "")
        self.note("Terminated", text, ExitCode=how.code, Signal=how.signal)

    def die(self, *, failed: bool) -> None:
        """Take the task as ended for good."""
        changes = {"failed": True} if failed else {}
        self._move(state=DEAD, finished_ns=self._now_ns(), **changes)

    def _move(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._on_change(self._name, self.state)
