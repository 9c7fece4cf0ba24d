"""What task states make of an allocation."""

import pytest

from faas_nomad.embedded.records import TaskState
from faas_nomad.embedded.reports import client_status

PENDING, RUNNING, DEAD = TaskState("pending"), TaskState("running"), TaskState("dead")
FAILED = TaskState("dead", failed=True)


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ([PENDING], "pending"),
        ([RUNNING, PENDING], "running"),
        ([DEAD, RUNNING], "running"),
        ([DEAD, PENDING], "pending"),
        ([DEAD, DEAD], "complete"),
        ([FAILED, RUNNING], "failed"),
    ],
)
def test_the_status_follows_from_the_tasks(states: list[TaskState], status: str) -> None:
    assert client_status({str(n): state for n, state in enumerate(states)}) == status
