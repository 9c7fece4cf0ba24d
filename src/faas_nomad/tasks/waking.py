"""Wakes sleeping functions: an invocation of one scales it to its minimum, once for all callers.

The requests themselves wait in the data path. They go on when a route has a replica, and ask again
whenever a route changes and has none: so whatever puts a function to sleep while requests wait
for it, they wake it.
"""

import asyncio
from collections.abc import Callable

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.operations.errors import NoSuchFunctionError
from faas_nomad.operations.scaling import Scaling, Wanted
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey
from faas_nomad.translate.count_changes import Counted
from faas_nomad.translate.errors import InvalidDeploymentError

log = structlog.get_logger()

BY_INVOCATION = "invocation"

Refuse = Callable[[str, str], None]
"""Answers the requests that wait for a function, by its name, with a reason."""


def awake(counted: Counted) -> Wanted | None:
    """Return the replicas that a function wakes to; None when it is awake. Pure."""
    if counted.count:
        return None
    return Wanted(counted.rules.awake_least, "invoked")


class Waking:
    """The data path's waker; `refuse` is set once there is a data path."""

    def __init__(self, functions: Functions, scaling: Scaling) -> None:
        self.refuse: Refuse = lambda _function, _reason: None
        self._functions = functions
        self._scaling = scaling
        self._tasks: dict[JobKey, asyncio.Task[None]] = {}

    @property
    def waking(self) -> int:
        """How many functions are being scaled up for waiting requests."""
        return len(self._tasks)

    def wake(self, function: str) -> bool:
        """Return whether a request of `function` should wait for a replica; wake it if it sleeps.

        As `proxy.context.Waker`: called for every request that finds none.
        """
        key = self._functions.directory.key_by_name(function)
        job = self._functions.find(key)
        if job is None:
            return False
        if job.count == 0 and key not in self._tasks:
            task = asyncio.ensure_future(self._wake(key, function))
            self._tasks[key] = task
            task.add_done_callback(lambda ended: self._ended(key, ended))
        return True

    async def _wake(self, key: JobKey, function: str) -> None:
        service = self._functions.names.service(key.job_id)
        try:
            await self._scaling.change(key, service, BY_INVOCATION, lambda counted: awake(counted))
        except (BackendError, NoSuchFunctionError, InvalidDeploymentError) as err:
            log.warning("a function could not be woken", function=function, why=str(err))
            self.refuse(function, f"{function} sleeps and cannot be woken: {err}")

    def _ended(self, key: JobKey, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(key, None)
        if not task.cancelled():
            task.result()
