"""Brings the copies of secrets back in step with masters and functions, whatever was cut short."""

from collections.abc import Callable
from functools import partial

import structlog

from faas_nomad.clients.each import each, raise_first
from faas_nomad.clients.errors import BackendError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.nomad_variables import NomadVariables, VariableStub
from faas_nomad.clients.secret_store import SecretStore
from faas_nomad.operations.kept_secrets import Kept, kept_of
from faas_nomad.operations.secret_leftovers import SecretLeftovers
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.translate.secret_names import InvalidSecretError
from faas_nomad.translate.secret_variables import COPIES, MASTERS

log = structlog.get_logger()


class SecretRepair:
    """One pass puts right what it finds; the same pass again does nothing.

    With a store `elsewhere`, which has the values, Nomad has for each function what tells of new
    ones: that is made again where it is gone, and removed where there is no function.
    """

    def __init__(
        self,
        variables: NomadVariables,
        copies: SecretCopies,
        functions: Functions,
        nomad: NomadClient,
        now_ns: Callable[[], int],
        *,
        elsewhere: SecretStore | None = None,
    ) -> None:
        self._variables = variables
        self._copies = copies
        self._functions = functions
        self._leftovers = SecretLeftovers(variables, functions, nomad)
        self._now_ns = now_ns
        self._elsewhere = elsewhere
        self._repaired: dict[JobKey, int] = {}

    async def pass_over(self) -> None:
        """Look at everything once.

        Raises:
            BackendError: The first that kept one from it; the others were looked over.
        """
        masters = [] if self._elsewhere else await self._variables.list(MASTERS)
        failed: list[BackendError] = []
        for region in self._functions.picture.regions:
            try:
                failed += await self._pass_over_region(masters, region)
            except BackendError as err:
                failed.append(err)
        present = self._functions.picture.jobs.keys()
        self._repaired = {key: at for key, at in self._repaired.items() if key in present}
        raise_first(failed)

    async def _pass_over_region(
        self, masters: list[VariableStub], region: str
    ) -> list[BackendError]:
        prefix = COPIES + self._functions.names.job_prefix
        copies = await self._variables.in_region(region).list(prefix)
        kept = kept_of(masters, copies, region, self._functions.namespaces.names)
        failed = await each(partial(self._catch_up, kept), self._behind(kept))
        if self._elsewhere:
            failed += await each(partial(self._make_again, self._elsewhere), self._bare(kept))
        return failed + await self._leftovers.remove(kept, self._now_ns())

    def _behind(self, kept: Kept) -> list[JobRecord]:
        jobs = self._functions.picture.jobs.values()
        here = [job for job in jobs if job.key.region == kept.region and kept.is_behind(job)]
        return [job for job in here if self._is_to_do(kept, job)]

    def _bare(self, kept: Kept) -> list[JobRecord]:
        """Return the functions with secrets that nothing is kept for."""
        jobs = self._functions.picture.jobs.values()
        here = [job for job in jobs if job.key.region == kept.region and job.fn.secrets]
        return [job for job in here if not kept.copies.get(job.key)]

    async def _make_again(self, store: SecretStore, job: JobRecord) -> None:
        namespace, job_id, region = job.key
        await store.in_region(region).settle(namespace, job_id, job.fn.secrets)
        log.info("what tells of changed secrets was gone", function=job.fn.service)

    def _is_to_do(self, kept: Kept, job: JobRecord) -> bool:
        """Return whether what is behind was not repaired as far as it can be, or is gone again."""
        is_newer = kept.newest_master(job) > self._repaired.get(job.key, 0)
        return is_newer or not kept.copies.get(job.key)

    async def _catch_up(self, kept: Kept, job: JobRecord) -> None:
        namespace, job_id, region = job.key
        copies = self._copies.in_region(region)
        try:
            await copies.write(namespace, job_id, job.fn.secrets, all_exist=False)
        except InvalidSecretError as err:
            log.warning("copies of secrets stay behind", function=job.fn.service, reason=str(err))
        else:
            log.info("copies of secrets were behind", function=job.fn.service)
        self._repaired[job.key] = kept.newest_master(job)
