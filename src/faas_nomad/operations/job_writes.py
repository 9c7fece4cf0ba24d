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
MAX_INTERRUPTIONS = 3
"""Connections that break under one removal."""

Decide = Callable[[Job | None], Awaitable[Job | None]]
"""Gives the job to register from the present one; None leaves it as it is. Raises to refuse."""


@dataclass(frozen=True)
class Present:
    """What to decide on; `index` is what a check-and-set must name.

    `job` is what Nomad has now, or another writer's version that ours has replaced unseen.
    """

    job: Job | None
    index: int
    version: int = -1
    """That of the job at `index`."""

    @property
    def is_overwritten(self) -> bool:
        """Whether `job` is not in force."""
        return self.job is not None and int(self.job["Version"]) != self.version


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
            base: Present | None = await self._read(key)
            lost = ConflictError(f"job {key.job_id} is written by others all the time")
            for _ in range(MAX_CONFLICTS):
                if base is None or (job := await _decided(decide, base)) is None:
                    return
                try:
                    index = await self._register(key, job, base.index)
                except ConflictError as err:
                    lost = err
                    await self._sleep(random.uniform(0, MAX_PAUSE_S))  # noqa: S311 - jitter
                    base = await self._read(key)
                else:
                    base = await self._unseen(key, base, index)
            if base is not None:
                raise lost

    async def _unseen(self, key: JobKey, base: Present, index: int) -> Present | None:
        """Return what another wrote while we wrote at `index`, None if nobody did.

        Nomad checks the index before the write is in its log (`nomad/job_endpoint.go Register`):
        of two writers at the same moment both may pass, and the later one takes the other's back.
        """
        if base.job is None or index == base.index:
            return None
        after = await self._read(key)
        if after.job is None or after.index != index:
            return after
        if after.version <= base.version + 1:
            return None
        versions = await self._nomad.in_region(key.region).job_versions(key.job_id, key.namespace)
        theirs = next((job for job in versions if job["Version"] == after.version - 1), None)
        return Present(theirs, index, after.version) if theirs else None

    async def remove(
        self, key: JobKey, service: str, then: Callable[[Job], Awaitable[None]]
    ) -> None:
        """Stop and forget a function's job, then call `then`. Raises: NoSuchFunctionError."""
        async with self._lock(key):
            present = await self._read(key)
            job = existing_job(present.job, service)
            try:
                removed_at = await self._deregister(key, present.index)
            except NotFoundError as err:
                raise NoSuchFunctionError(service) from err
            self._functions.forget(key, removed_at)
            await then(job)

    async def _deregister(self, key: JobKey, index: int) -> int:
        """Return when the job was removed: at `index` or later, if the answer was lost."""
        nomad = self._nomad.in_region(key.region)
        lost: InterruptedCallError | None = None
        for _ in range(MAX_INTERRUPTIONS):
            try:
                reply = await nomad.deregister_job(key.job_id, key.namespace, purge=True)
            except InterruptedCallError as err:
                lost = err
            except NotFoundError:
                if lost is None:
                    raise
                return index
            else:
                return reply["JobModifyIndex"]
        assert lost is not None
        raise lost

    async def _register(self, key: JobKey, job: Job, index: int) -> int:
        """Return the index at which the job is now as wanted; `index` if it was so before."""
        try:
            nomad = self._nomad.in_region(key.region)
            reply = await nomad.register_job(job, expected_index=index)
        except InterruptedCallError:
            reply = await self._look_whether_registered(key, job, index)
        if reply["JobModifyIndex"] != index:
            self._functions.write_through(job, reply["JobModifyIndex"], key.region)
        return reply["JobModifyIndex"]

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
        return Present(job, int(job["JobModifyIndex"]), int(job["Version"]))

    def _lock(self, key: JobKey) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())


async def _decided(decide: Decide, base: Present) -> Job | None:
    job = await decide(base.job)
    return base.job if job is None and base.is_overwritten else job


def existing_job(job: Job | None, service: str) -> Job:
    """Return the function's job. Raises: NoSuchFunctionError.

    A job that bears our prefix and not our mark is somebody else's, and left alone.
    """
    if job is None or job.get("Stop") or not is_function_meta(job.get("Meta")):
        raise NoSuchFunctionError(service)
    return job
