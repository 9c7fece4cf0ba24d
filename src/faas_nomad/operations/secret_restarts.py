"""Restarts the functions that asked for it when one of their secrets changes.

A function's job says which generations of its secrets its replicas began with. So a restart that
was cut short is made up for by the next pass, and two instances restart a function once.
"""

import asyncio
from collections.abc import Iterable
from typing import Protocol

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.translate.secret_changes import Generations, is_restarted

log = structlog.get_logger()

AT_ONCE = 8
"""Functions that are restarted at the same time."""


class RestartForSecrets(Protocol):
    """The write that replaces replicas which run with older secrets than are kept."""

    async def restart_for_secrets(self, key: JobKey) -> None:
        """Register the job with the secrets' present generations, if they are newer."""
        ...


class SecretRestarts:
    """Restarts a function once for each generation: a rollback of Nomad's is not undone again."""

    def __init__(
        self, operations: RestartForSecrets, secrets: FunctionSecrets, functions: Functions
    ) -> None:
        self._operations = operations
        self._secrets = secrets
        self._functions = functions
        self._done: dict[JobKey, Generations] = {}

    async def restart(self, jobs: Iterable[JobRecord]) -> None:
        """Restart those of the functions that asked for it; a failure is left to the next pass."""
        for job, failure in await self._catch_up(jobs):
            log.warning(
                "a function is not restarted yet for its changed secret",
                function=job.fn.service,
                reason=str(failure),
            )

    async def pass_over(self) -> None:
        """Look at every function that asked for restarts.

        Raises:
            BackendError: The first of those that kept one from it; the others were looked at.
        """
        jobs = list(self._functions.picture.jobs.values())
        present = {job.key for job in jobs}
        self._done = {key: done for key, done in self._done.items() if key in present}
        for _, failure in await self._catch_up(jobs):
            raise failure

    async def _catch_up(self, jobs: Iterable[JobRecord]) -> list[tuple[JobRecord, BackendError]]:
        """Return the functions that could not be looked after, and why."""
        places = asyncio.Semaphore(AT_ONCE)
        failed: list[tuple[JobRecord, BackendError]] = []

        async def one(job: JobRecord) -> None:
            async with places:
                try:
                    await self._restart_once(job)
                except BackendError as err:
                    failed.append((job, err))

        await asyncio.gather(*(one(job) for job in jobs if is_restarted(job.fn)))
        return failed

    async def _restart_once(self, job: JobRecord) -> None:
        kept = await self._secrets.generations(job.fn, job.key)
        if self._done.get(job.key) != kept:
            await self._operations.restart_for_secrets(job.key)
            self._done[job.key] = kept
