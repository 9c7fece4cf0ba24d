"""Deploy, update, scale and remove functions, with check-and-set against every other writer.

Scaling registers the job anew instead of calling Nomad's scale endpoint, which refuses while a
deployment is active (nomad `nomad/job_endpoint.go Scale`).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from faas_nomad.clients.errors import ConflictError, InterruptedCallError, NotFoundError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.model.nomad import Job, RegisterReply
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.errors import FunctionExistsError, NoSuchFunctionError
from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, job_count
from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.meta import (
    created_ns_from_meta,
    deployment_from_job_meta,
    is_function_meta,
)
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.scaling import check_replicas, initial_count, scale_bounds
from faas_nomad.translate.secret_changes import (
    are_newer,
    generations_from_meta,
    generations_meta,
)
from faas_nomad.translate.secret_files import TaskSecrets

MAX_CONFLICTS = 5
MAX_PAUSE_S = 0.2

Decide = Callable[[Job | None], Awaitable[Job | None]]
"""Gives the job to register from the present one; None leaves it as it is. Raises to refuse."""


@dataclass(frozen=True)
class Present:
    """A job as Nomad has it now; `index` is what a check-and-set must name."""

    job: Job | None
    index: int


class FunctionOperations:
    """The writes; each is carried out wholly or raises and leaves Nomad as it was."""

    def __init__(
        self,
        nomad: NomadClient,
        functions: Functions,
        secrets: FunctionSecrets,
        policy: Callable[[], Awaitable[JobPolicy]],
        clock_ns: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._nomad = nomad
        self._functions = functions
        self._secrets = secrets
        self._policy = policy
        self._clock_ns = clock_ns
        self._sleep = sleep
        self._locks: WeakValueDictionary[JobKey, asyncio.Lock] = WeakValueDictionary()

    async def deploy(self, fn: FunctionDeployment, key: JobKey) -> None:
        """Register a function that does not exist yet.

        Raises:
            FunctionExistsError: There is one of that name.
            InvalidDeploymentError: `fn` cannot be turned into a job, or a secret does not exist.
        """
        policy = await self._policy()
        # What cannot be understood is refused before Nomad is asked anything.
        job = _job(fn, policy, key, initial_count(fn), self._clock_ns())

        async def decide(present: Job | None) -> Job:
            if present is not None and not present.get("Stop"):
                raise FunctionExistsError(fn.service)
            secrets = await self._secrets.prepare(fn, key)
            return _job(fn, policy, key, job_count(job), created_ns_from_meta(job["Meta"]), secrets)

        await self._write(key, decide)
        await self._secrets.settle(fn, key)

    async def update(self, fn: FunctionDeployment, key: JobKey) -> None:
        """Replace a function; its present count is kept, within its new bounds.

        Raises:
            NoSuchFunctionError: There is none of that name.
            InvalidDeploymentError: `fn` cannot be turned into a job, or a secret does not exist.
        """
        policy = await self._policy()
        low, high = scale_bounds(fn, policy)

        async def decide(present: Job | None) -> Job:
            job = _existing(present, fn.service)
            count = min(max(job_count(job), low), high)
            created_ns = created_ns_from_meta(job["Meta"])
            return _job(fn, policy, key, count, created_ns, await self._secrets.prepare(fn, key))

        _job(fn, policy, key, low, 0)  # refuse what cannot be understood before Nomad is asked
        await self._write(key, decide)
        await self._secrets.settle(fn, key)

    async def scale(self, key: JobKey, service: str, replicas: int) -> None:
        """Set the wanted number of replicas; 0 puts the function to sleep.

        Raises:
            NoSuchFunctionError: There is none of that name.
            InvalidDeploymentError: `replicas` is above what the function allows.
        """
        policy = await self._policy()

        async def decide(present: Job | None) -> Job | None:
            job = _existing(present, service)
            check_replicas(replicas, deployment_from_job_meta(job["Meta"]), policy)
            return None if job_count(job) == replicas else with_count(job, replicas)

        await self._write(key, decide)

    async def restart_for_secrets(self, key: JobKey) -> None:
        """Replace all replicas by a rolling update if they run with older secrets than are kept.

        Only the job's meta changes. A function that is gone meanwhile is nothing to restart.
        """

        async def decide(present: Job | None) -> Job | None:
            if present is None or present.get("Stop") or not is_function_meta(present.get("Meta")):
                return None
            meta = present["Meta"]
            # Read after the job: what is written back is never older than what is there.
            kept = await self._secrets.generations(deployment_from_job_meta(meta), key)
            if not are_newer(kept, generations_from_meta(meta)):
                return None
            return {**present, "Meta": {**meta, **generations_meta(kept)}}

        await self._write(key, decide)

    async def remove(self, key: JobKey, service: str) -> None:
        """Stop and forget a function. Raises: NoSuchFunctionError."""
        async with self._lock(key):
            present = await self._read(key)
            job = _existing(present.job, service)
            try:
                reply = await self._nomad.deregister_job(key.job_id, key.namespace, purge=True)
            except NotFoundError as err:
                raise NoSuchFunctionError(service) from err
            self._functions.forget(key, reply["JobModifyIndex"])
            await self._secrets.release(deployment_from_job_meta(job["Meta"]), key)

    async def _write(self, key: JobKey, decide: Decide) -> None:
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

    async def _register(self, key: JobKey, job: Job, index: int) -> None:
        try:
            reply = await self._nomad.register_job(job, expected_index=index)
        except InterruptedCallError:
            reply = await self._look_whether_registered(key, job, index)
        if reply["JobModifyIndex"] != index:
            self._functions.write_through(job, reply["JobModifyIndex"])

    async def _look_whether_registered(self, key: JobKey, job: Job, index: int) -> RegisterReply:
        """Raises InterruptedCallError again when the job is not the one that was sent."""
        present = await self._read(key)
        same = present.job is not None and present.job["Meta"] == job["Meta"]
        if not same or present.index == index or job_count(present.job or {}) != job_count(job):
            raise ConflictError(f"job {key.job_id} was not registered, the connection broke")
        return {"EvalID": "", "JobModifyIndex": present.index}

    async def _read(self, key: JobKey) -> Present:
        try:
            job = await self._nomad.read_job(key.job_id, key.namespace)
        except NotFoundError:
            return Present(None, 0)
        return Present(job, int(job["JobModifyIndex"]))

    def _lock(self, key: JobKey) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())


def _job(
    fn: FunctionDeployment,
    policy: JobPolicy,
    key: JobKey,
    count: int,
    created_ns: int,
    secrets: TaskSecrets | None = None,
) -> Job:
    return job_from_deployment(
        fn,
        policy,
        nomad_namespace=key.namespace,
        job_id=key.job_id,
        count=count,
        created_ns=created_ns,
        secrets=secrets,
    )


def with_count(job: Job, count: int) -> Job:
    """Return `job` with the count changed and its scaling bounds wide enough for it."""
    group, *others = job["TaskGroups"]
    changed = {**group, "Count": count}
    return {**job, "Stop": False, "TaskGroups": [changed, *others]}


def _existing(job: Job | None, service: str) -> Job:
    """A job that bears our prefix and not our mark is somebody else's, and left alone."""
    if job is None or job.get("Stop") or not is_function_meta(job.get("Meta")):
        raise NoSuchFunctionError(service)
    return job
