"""The job that a deployment would become, without registering it; no secret is read."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from faas_nomad.clients.errors import NotFoundError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.secret_store import SecretStore
from faas_nomad.model.nomad import Job
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.cluster import PolicyOf
from faas_nomad.operations.errors import FunctionExistsError, NoSuchNamespaceError
from faas_nomad.operations.nomad_version import KnownNomad
from faas_nomad.state.records import JobKey, job_count
from faas_nomad.translate.annotations import merged_annotations
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.meta import created_ns_from_meta, is_function_meta
from faas_nomad.translate.names import Names
from faas_nomad.translate.namespaces import function_namespaces
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.pull_secrets import pull_secret_of
from faas_nomad.translate.regions import region_of
from faas_nomad.translate.scaling import initial_count, scale_bounds
from faas_nomad.translate.secret_files import TaskSecrets

SecretsOf = Callable[[JobKey], TaskSecrets]
"""Says how a job's task reads its secrets, without asking for them."""


@dataclass(frozen=True)
class Preview:
    """A job as a deploy would register it, and Nomad's plan for it."""

    job: Job
    plan: dict[str, Any]
    is_new: bool


class Previews:
    """Makes jobs as `FunctionOperations` does, through the same `translate`."""

    def __init__(
        self,
        nomad: NomadClient,
        names: Names,
        policy: PolicyOf,
        secrets_of: SecretsOf,
        store: SecretStore,
    ) -> None:
        self._nomad = nomad
        self._names = names
        self._policy = policy
        self._secrets_of = secrets_of
        self._store = store
        self._known = KnownNomad(nomad, time.monotonic)

    async def render(self, fn: FunctionDeployment) -> Job:
        """Return the job of a first deploy; asks Nomad for nothing but its nodes.

        Raises:
            InvalidDeploymentError: `fn` cannot be turned into a job.
            BackendError: The settings leave something to the nodes, which cannot be read.
        """
        key = self._key(fn)
        policy = await self._policy(key.region)
        return self._job(fn, policy, key, self._secrets_of(key), initial_count(fn), 0)

    async def plan(self, fn: FunctionDeployment) -> Preview:
        """Return what Nomad would do with the job of a deploy or an update.

        Raises:
            InvalidDeploymentError: As from a deploy.
            NoSuchNamespaceError: The namespace is not for functions.
            FunctionExistsError: A job of that name is not a function's.
            BackendError: Nomad cannot be asked, or refuses the job.
        """
        key = self._key(fn)
        policy = await self._policy(key.region)
        secrets = await self._secrets(fn, policy, key)
        self._job(fn, policy, key, secrets, initial_count(fn), 0)
        await self._check_namespace(fn, key)
        await self._check_secrets(fn, key)
        present = await self._read(key, fn.service)
        if present is None:
            job = self._job(fn, policy, key, secrets, initial_count(fn), 0)
        else:
            low, high = scale_bounds(fn, policy)
            count = min(max(job_count(present), low), high)
            created_ns = created_ns_from_meta(present["Meta"])
            job = self._job(fn, policy, key, secrets, count, created_ns)
        plan = await self._nomad.in_region(key.region).plan_job(job)
        return Preview(job, plan, is_new=present is None)

    def _key(self, fn: FunctionDeployment) -> JobKey:
        names = self._names
        region = region_of(fn, names.regions)
        return JobKey(names.to_nomad_namespace(fn.namespace), names.job_id(fn.service), region)

    async def _secrets(self, fn: FunctionDeployment, policy: JobPolicy, key: JobKey) -> TaskSecrets:
        """Return how the task reads its secrets, without a login that this Nomad cannot use."""
        pull = pull_secret_of(fn, merged_annotations(fn), policy)
        secrets = self._secrets_of(key)
        if pull is not None and await self._known.leaves_out(pull):
            return replace(secrets, login=None)
        return secrets

    def _job(
        self,
        fn: FunctionDeployment,
        policy: JobPolicy,
        key: JobKey,
        secrets: TaskSecrets,
        count: int,
        created_ns: int,
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

    async def _check_namespace(self, fn: FunctionDeployment, key: JobKey) -> None:
        if key.namespace == self._names.nomad_namespace:
            return
        visible = (await self._nomad.list_namespaces()).items
        if key.namespace not in function_namespaces(visible, self._names):
            raise NoSuchNamespaceError(fn.namespace)

    async def _check_secrets(self, fn: FunctionDeployment, key: JobKey) -> None:
        if not fn.secrets:
            return
        there = await self._store.names(key.namespace)
        for name in fn.secrets:
            if name not in there:
                raise InvalidDeploymentError("secrets", name, "a secret that exists")

    async def _read(self, key: JobKey, service: str) -> Job | None:
        """Return the function's present job; a stopped one counts as none.

        Raises:
            FunctionExistsError: It is somebody else's.
        """
        try:
            job = await self._nomad.in_region(key.region).read_job(key.job_id, key.namespace)
        except NotFoundError:
            return None
        if job.get("Stop"):
            return None
        if not is_function_meta(job.get("Meta")):
            raise FunctionExistsError(service)
        return job
