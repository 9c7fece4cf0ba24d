"""Brings the copies of secrets back in step with masters and functions, whatever was cut short.

Copies are behind when a master was written after them; an index tells that, no value is read. What
no function needs is removed only once it has been left alone for some minutes: a copy is written
before the job that needs it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog

from faas_nomad.clients.errors import BackendError, ConflictError, NotFoundError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.nomad_variables import (
    NomadVariables,
    VariableStub,
    copy_stamp,
    master_stamp,
)
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.translate.meta import deployment_from_job_meta
from faas_nomad.translate.secret_names import InvalidSecretError
from faas_nomad.translate.secret_variables import (
    COPIES,
    MASTERS,
    is_copy,
    job_of_path,
    secret_of_path,
    without_unwanted,
)

log = structlog.get_logger()

GRACE_S = 300.0
"""Longer than any deployment of ours takes from its copy to its job."""

Stubs = Mapping[JobKey, list[VariableStub]]
Stamps = Mapping[tuple[str, str], int]
"""Namespace and name → when the master was written last, see `master_stamp`."""


@dataclass(frozen=True)
class Kept:
    """What is kept for a region's jobs, without values: copies by the job whose path they are on"""

    masters: Stamps
    copies: Stubs
    region: str = ""


class SecretRepair:
    """One pass puts right what it finds; the same pass again does nothing.

    Without `has_masters`, values are in Vault, and only what has no function is removed.
    """

    def __init__(
        self,
        variables: NomadVariables,
        copies: SecretCopies,
        functions: Functions,
        nomad: NomadClient,
        now_ns: Callable[[], int],
        *,
        has_masters: bool = True,
    ) -> None:
        self._variables = variables
        self._copies = copies
        self._functions = functions
        self._nomad = nomad
        self._now_ns = now_ns
        self._has_masters = has_masters
        self._repaired: dict[JobKey, int] = {}
        self._trimmed: dict[tuple[str, str, str], int] = {}

    async def pass_over(self) -> None:
        """Look at everything once.

        Raises:
            BackendError: The first that kept a region from it; the others were looked over.
        """
        masters = await self._variables.list(MASTERS) if self._has_masters else []
        failed: list[BackendError] = []
        for region in self._functions.picture.regions:
            try:
                await self._pass_over_region(masters, region)
            except BackendError as err:
                failed.append(err)
        for failure in failed:
            raise failure

    async def _pass_over_region(self, masters: list[VariableStub], region: str) -> None:
        kept = await self._read(masters, region)
        for job in self._behind(kept):
            await self._catch_up(job)
            self._repaired[job.key] = newest_master(job, kept.masters)
        for key, stub in self._left_alone(kept):
            if self._functions.find(key) is None:
                await self._remove_orphan(key, stub)
            else:
                await self._trim(key, stub)

    async def _read(self, masters: list[VariableStub], region: str) -> Kept:
        prefix = COPIES + self._functions.names.job_prefix
        copies = await self._variables.in_region(region).list(prefix)
        by_job: dict[JobKey, list[VariableStub]] = {}
        for stub in copies:
            job_id = job_of_path(stub.path)
            if job_id and stub.namespace in self._functions.namespaces.names:
                by_job.setdefault(JobKey(stub.namespace, job_id, region), []).append(stub)
        names = ((stub, secret_of_path(stub.path)) for stub in masters)
        stamps = {
            (stub.namespace, name): master_stamp(stub, region) for stub, name in names if name
        }
        return Kept(stamps, by_job, region)

    def _behind(self, kept: Kept) -> list[JobRecord]:
        jobs = self._functions.picture.jobs.values()
        return [
            job
            for job in jobs
            if job.key.region == kept.region
            and is_behind(job, kept)
            and newest_master(job, kept.masters) > self._mended(job)
        ]

    def _mended(self, job: JobRecord) -> int:
        return self._repaired.get(job.key, 0)

    async def _catch_up(self, job: JobRecord) -> None:
        namespace, job_id, region = job.key
        copies = self._copies.in_region(region)
        try:
            await copies.write(namespace, job_id, job.fn.secrets, all_exist=False)
        except (ConflictError, InvalidSecretError) as err:
            log.warning("copies of secrets stay behind", function=job.fn.service, reason=str(err))
        else:
            log.info("copies of secrets were behind", function=job.fn.service)

    def _left_alone(self, kept: Kept) -> Iterable[tuple[JobKey, VariableStub]]:
        latest_ns = self._now_ns() - int(GRACE_S * 1e9)
        for key, stubs in kept.copies.items():
            for stub in stubs:
                place = (key.region, stub.namespace, stub.path)
                unseen = self._trimmed.get(place) != stub.modify_index
                if stub.modify_time_ns <= latest_ns and unseen:
                    yield key, stub

    async def _remove_orphan(self, key: JobKey, stub: VariableStub) -> None:
        try:
            await self._nomad.in_region(key.region).read_job(key.job_id, key.namespace)
        except NotFoundError:
            pass
        else:
            return  # stopped, or another installation's
        variables = self._variables.in_region(key.region)
        if is_copy((await variables.find(stub.namespace, stub.path)).items):
            await self._write(variables, stub, {})
            log.info("copies of secrets without a function were removed", job=key.job_id)

    async def _trim(self, key: JobKey, stub: VariableStub) -> None:
        """Drop what the function names no more, once no version that names it can come back."""
        variables = self._variables.in_region(key.region)
        present = await variables.find(stub.namespace, stub.path)
        try:
            job = await self._nomad.in_region(key.region).read_job(key.job_id, key.namespace)
        except NotFoundError:
            return
        if not self._is_deployed(key, int(job["Version"])):
            return
        wanted = frozenset(deployment_from_job_meta(job["Meta"]).secrets)
        left = without_unwanted(present.items, wanted)
        if is_copy(present.items) and left != present.items:
            await self._write(variables, stub, left)
        else:
            self._trimmed[key.region, stub.namespace, stub.path] = stub.modify_index

    def _is_deployed(self, key: JobKey, version: int) -> bool:
        deployment = self._functions.picture.deployment(key)
        if deployment is None or deployment.job_version != version:
            return False
        return deployment.status == "successful"

    async def _write(
        self, variables: NomadVariables, stub: VariableStub, items: Mapping[str, str]
    ) -> None:
        """Write over, or remove with no items, what nobody has touched since it was listed."""
        put, delete = variables.put, variables.delete
        where, index = (stub.namespace, stub.path), stub.modify_index
        try:
            if items:
                await put(*where, items, expected_index=index)
            else:
                await delete(*where, expected_index=index)
        except ConflictError:
            log.debug("a copy of secrets is in use again", path=stub.path)


def newest_master(job: JobRecord, masters: Stamps) -> int:
    """Return when a secret of the function was written last; 0 if there is none of them."""
    namespace = job.key.namespace
    return max((masters.get((namespace, name), 0) for name in job.fn.secrets), default=0)


def is_behind(job: JobRecord, kept: Kept) -> bool:
    """Tell whether a function's copies are missing or older than one of its secrets."""
    newest = newest_master(job, kept.masters)
    copied = [copy_stamp(stub, kept.region) for stub in kept.copies.get(job.key, ())]
    return newest > min(copied, default=0)
