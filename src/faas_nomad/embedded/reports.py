"""What the node's reports make of an allocation. Pure.

Source: nomad `client/allocrunner/alloc_runner.go` `getClientStatus` (v1.11).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from faas_nomad.embedded.records import (
    COMPLETE,
    DEAD,
    FAILED,
    PENDING,
    RUN,
    RUNNING,
    Alloc,
    TaskState,
)

_TEXTS = {
    PENDING: "No tasks have started",
    RUNNING: "Tasks are running",
    COMPLETE: "All tasks have completed",
    FAILED: "Failed tasks",
}


@dataclass(frozen=True, slots=True)
class Report:
    """News of one allocation: its tasks' states, and the verdict on it; None for no news."""

    alloc_id: str
    states: Mapping[str, TaskState] | None = None
    healthy: bool | None = None


def with_task_states(alloc: Alloc, states: Mapping[str, TaskState], now_ns: int) -> Alloc:
    """Return the allocation with these task states and the status that follows from them."""
    client = client_status(states)
    failed_ns = now_ns if client == FAILED and alloc.client != FAILED else alloc.failed_ns
    return replace(
        alloc,
        task_states=dict(states),
        client=client,
        client_description=_TEXTS[client],
        failed_ns=failed_ns,
        modify_time_ns=now_ns,
    )


def client_status(states: Mapping[str, TaskState]) -> str:
    """Return the status of an allocation with these tasks."""
    held = [s.state for s in states.values()]
    if any(s.failed and s.state == DEAD for s in states.values()):
        return FAILED
    if RUNNING in held:
        return RUNNING
    return PENDING if PENDING in held else COMPLETE


def awaits_verdict(alloc: Alloc) -> bool:
    """Tell whether its deployment still has to hear how it does."""
    if not alloc.deployment_id or alloc.desired != RUN:
        return False
    return alloc.health is None or alloc.health.healthy is None


def verdict_of(before: Alloc, after: Alloc, report: Report) -> bool | None:
    """Return the verdict to count: the reported one, or unhealthy for one that failed."""
    if not awaits_verdict(before):
        return None
    return False if after.client == FAILED else report.healthy
