"""Finds the logins that no function needs any more, once they have had none for some minutes."""

from collections.abc import AsyncIterator, Callable

from faas_nomad.clients.errors import NotFoundError
from faas_nomad.clients.login_store import LoginStore
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey

GRACE_S = 300.0
"""How long a login without a function stays: it is written before the job that needs it."""

Owners = set[tuple[str, str]]
"""Namespace and job ID of functions with a login."""


class OwnerlessLogins:
    """Remembers since when each has had no function."""

    def __init__(
        self,
        store: LoginStore,
        functions: Functions,
        nomad: NomadClient,
        now_s: Callable[[], float],
    ) -> None:
        self._store = store
        self._functions = functions
        self._nomad = nomad
        self._now_s = now_s
        self._since_s: dict[JobKey, float] = {}

    async def overdue(self, owners: Owners) -> AsyncIterator[JobKey]:
        """Yield the jobs whose login is none of `owners`' and can go.

        Raises:
            BackendError: The store or Nomad cannot be asked.
        """
        now_s = self._now_s()
        ownerless = await self._ownerless(owners)
        self._since_s = {key: self._since_s.get(key, now_s) for key in ownerless}
        for key, first_s in self._since_s.items():
            if now_s - first_s >= GRACE_S and not await self._may_be_needed(key):
                yield key

    async def _ownerless(self, owners: Owners) -> set[JobKey]:
        found: set[JobKey] = set()
        for region in self._functions.picture.regions:
            store = self._store.in_region(region)
            for namespace in sorted(self._functions.namespaces.names):
                job_ids = await store.jobs(namespace)
                left = (job_id for job_id in job_ids if (namespace, job_id) not in owners)
                found |= {JobKey(namespace, job_id, region) for job_id in left}
        return found

    async def _may_be_needed(self, key: JobKey) -> bool:
        """Tell whether some version of the job may still read it.

        A function that stopped naming a secret may be taken back to a version that did.
        """
        if self._functions.find(key):
            deployment = self._functions.picture.deployment(key)
            return deployment is None or deployment.status != "successful"
        try:
            await self._nomad.in_region(key.region).read_job(key.job_id, key.namespace)
        except NotFoundError:
            return False
        return True  # stopped, or another installation's
