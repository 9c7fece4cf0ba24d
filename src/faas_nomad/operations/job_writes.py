"""Writes to Nomad's jobs that never lose against another writer: read, decide, check-and-set."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from faas_nomad.clients.errors import ConflictError, InterruptedCallError, NotFoundError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.model.nomad import Job, RegisterReply
from faas_nomad.operations.errors import NoSuchFunctionError
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, job_count
from faas_nomad.translate.meta import is_function_meta

MAX_CONFLICTS = 20
MAX_PAUSE_S = 0.2

Decide = Callable[[Job | None], Awaitable[Job | None]]
"""Gives the job to register from the present one; None leaves it as it is. Raises to refuse."""


@dataclass(frozen=True)
class Present:
    """A job as Nomad has it now; `index` is what a check-and-set must name."""

    job: Job | None
    index: int


class JobWrites:
    """Each write is carried out wholly or raises and leaves Nomad as it was."""

    def __init__(
        self,
        nomad: NomadClient,
        functions: Functions,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._nomad = nomad
        self._functions = functions
        self._sleep = sleep
        self._locks: WeakValueDictionary[JobKey, asyncio.Lock] = WeakValueDictionary()

    async def write(self, key: JobKey, decide: Decide) -> None:
        """Register what `decide` gives, decided anew whenever another writer was first.

        Raises:
            ConflictError: Others were first twenty times in a row.
        """
        async with self._lock(key):
            for _ in range(MAX_CONFLICTS):
                present = await self._read(key)
                job = await decide(present.job)
                if job is None:
                    return
                try:
                    await self._register(key, job, present.index)
                except ConflictError as err:
                    lost = err
                    await self._sleep(random.uniform(0, MAX_PAUSE_S))  # noqa: S311 - jitter
                else:
                    return
            raise lost

    async def remove(
        self, key: JobKey, service: str, then: Callable[[Job], Awaitable[None]]
    ) -> None:
        """Stop and forget a function's job, then call `then`. Raises: NoSuchFunctionError."""
        async with self._lock(key):
            present = await self._read(key)
            job = existing_job(present.job, service)
            try:
                nomad = self._nomad.in_region(key.region)
                reply = await nomad.deregister_job(key.job_id, key.namespace, purge=True)
            except NotFoundError as err:
                raise NoSuchFunctionError(service) from err
            self._functions.forget(key, reply["JobModifyIndex"])
            await then(job)

    async def _register(self, key: JobKey, job: Job, index: int) -> None:
        try:
            nomad = self._nomad.in_region(key.region)
            reply = await nomad.register_job(job, expected_index=index)
        except InterruptedCallError:
            reply = await self._look_whether_registered(key, job, index)
        if reply["JobModifyIndex"] != index:
            self._functions.write_through(job, reply["JobModifyIndex"], key.region)

    async def _look_whether_registered(self, key: JobKey, job: Job, index: int) -> RegisterReply:
        """Raises InterruptedCallError again when the job is not the one that was sent."""
        present = await self._read(key)
        same = present.job is not None and present.job["Meta"] == job["Meta"]
        if not same or present.index == index or job_count(present.job or {}) != job_count(job):
            raise ConflictError(f"job {key.job_id} was not registered, the connection broke")
        return {"EvalID": "", "JobModifyIndex": present.index}

    async def _read(self, key: JobKey) -> Present:
        try:
            job = await self._nomad.in_region(key.region).read_job(key.job_id, key.namespace)
        except NotFoundError:
            return Present(None, 0)
        return Present(job, int(job["JobModifyIndex"]))

    def _lock(self, key: JobKey) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())


def existing_job(job: Job | None, service: str) -> Job:
    """Return the function's job. Raises: NoSuchFunctionError.

    A job that bears our prefix and not our mark is somebody else's, and left alone.
    """
    if job is None or job.get("Stop") or not is_function_meta(job.get("Meta")):
        raise NoSuchFunctionError(service)
    return job
