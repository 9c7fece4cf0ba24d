"""Deploy, update and remove functions, with check-and-set against every other writer."""

from collections.abc import Callable

from faas_nomad.model.nomad import Job
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.cluster import PolicyOf
from faas_nomad.operations.errors import FunctionExistsError
from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.operations.job_writes import JobWrites, existing_job
from faas_nomad.state.records import JobKey, job_count
from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.meta import created_ns_from_meta, readable_deployment
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.regions import check_same_region, region_of
from faas_nomad.translate.scaling import initial_count, scale_bounds
from faas_nomad.translate.secret_changes import (
    are_newer,
    generations_from_meta,
    generations_meta,
)
from faas_nomad.translate.secret_files import TaskSecrets


class FunctionOperations:
    """What a user does to whole functions; `operations.scaling` changes their counts."""

    def __init__(
        self,
        writes: JobWrites,
        secrets: FunctionSecrets,
        policy: PolicyOf,
        clock_ns: Callable[[], int],
    ) -> None:
        self._writes = writes
        self._secrets = secrets
        self._policy = policy
        self._clock_ns = clock_ns

    async def deploy(self, fn: FunctionDeployment, key: JobKey) -> None:
        """Register a function that does not exist yet; `key` may be one in another region.

        Raises:
            FunctionExistsError: There is one of that name.
            InvalidDeploymentError: `fn` cannot be turned into a job, or a secret does not exist.
        """
        policy = await self._policy(key.region)
        if region_of(fn, policy.regions) != key.region:
            raise FunctionExistsError(fn.service)
        # What cannot be understood is refused before Nomad is asked anything.
        job = _job(fn, policy, key, initial_count(fn), self._clock_ns())

        async def decide(present: Job | None) -> Job:
            if present is not None and not present.get("Stop"):
                raise FunctionExistsError(fn.service)
            secrets = await self._secrets.prepare(fn, key, policy)
            return _job(fn, policy, key, job_count(job), created_ns_from_meta(job["Meta"]), secrets)

        await self._writes.write(key, decide)
        await self._secrets.settle(fn, key)

    async def update(self, fn: FunctionDeployment, key: JobKey) -> None:
        """Replace a function; its present count is kept, within its new bounds.

        Raises:
            NoSuchFunctionError: There is none of that name.
            InvalidDeploymentError: `fn` cannot be turned into a job, or a secret does not exist.
        """
        policy = await self._policy(key.region)
        check_same_region(fn, policy.regions, key.region)
        low, high = scale_bounds(fn, policy)

        async def decide(present: Job | None) -> Job:
            job = existing_job(present, fn.service)
            count = min(max(job_count(job), low), high)
            created_ns = created_ns_from_meta(job["Meta"])
            return _job(
                fn, policy, key, count, created_ns, await self._secrets.prepare(fn, key, policy)
            )

        _job(fn, policy, key, low, 0)  # refuse what cannot be understood before Nomad is asked
        await self._writes.write(key, decide)
        await self._secrets.settle(fn, key)

    async def restart_for_secrets(self, key: JobKey) -> None:
        """Replace all replicas by a rolling update if they run with older secrets than are kept.

        Only the job's meta changes. A function that is gone meanwhile is nothing to restart.
        """

        async def decide(present: Job | None) -> Job | None:
            if present is None or present.get("Stop"):
                return None
            meta = present.get("Meta") or {}
            fn = readable_deployment(meta)
            if fn is None:
                return None
            # Read after the job: what is written back is never older than what is there.
            kept = await self._secrets.generations(fn, key)
            if not are_newer(kept, generations_from_meta(meta)):
                return None
            return {**present, "Meta": {**meta, **generations_meta(kept)}}

        await self._writes.write(key, decide)

    async def remove(self, key: JobKey, service: str) -> None:
        """Stop and forget a function. Raises: NoSuchFunctionError."""

        async def release(job: Job) -> None:
            if fn := readable_deployment(job["Meta"]):  # else the next pass over secrets does it
                await self._secrets.release(fn, key)

        await self._writes.remove(key, service, release)


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
