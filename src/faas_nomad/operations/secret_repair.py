"""Brings the copies of secrets back in step with masters and functions, whatever was cut short."""

from collections.abc import Callable

import structlog

from faas_nomad.clients.errors import BackendError, ConflictError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.nomad_variables import NomadVariables, VariableStub
from faas_nomad.operations.kept_secrets import Kept, kept_of
from faas_nomad.operations.secret_leftovers import SecretLeftovers
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.translate.secret_names import InvalidSecretError
from faas_nomad.translate.secret_variables import COPIES, MASTERS

log = structlog.get_logger()


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
        self._leftovers = SecretLeftovers(variables, functions, nomad)
        self._now_ns = now_ns
        self._has_masters = has_masters
        self._repaired: dict[JobKey, int] = {}

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
        prefix = COPIES + self._functions.names.job_prefix
        copies = await self._variables.in_region(region).list(prefix)
        kept = kept_of(masters, copies, region, self._functions.namespaces.names)
        for job in self._behind(kept):
            await self._catch_up(job)
            self._repaired[job.key] = kept.newest_master(job)
        await self._leftovers.remove(kept, self._now_ns())

    def _behind(self, kept: Kept) -> list[JobRecord]:
        jobs = self._functions.picture.jobs.values()
        here = [job for job in jobs if job.key.region == kept.region and kept.is_behind(job)]
        return [job for job in here if kept.newest_master(job) > self._repaired.get(job.key, 0)]

    async def _catch_up(self, job: JobRecord) -> None:
        namespace, job_id, region = job.key
        copies = self._copies.in_region(region)
        try:
            await copies.write(namespace, job_id, job.fn.secrets, all_exist=False)
        except (ConflictError, InvalidSecretError) as err:
            log.warning("copies of secrets stay behind", function=job.fn.service, reason=str(err))
        else:
            log.info("copies of secrets were behind", function=job.fn.service)
