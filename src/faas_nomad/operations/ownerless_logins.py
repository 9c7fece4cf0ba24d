"""Finds the logins that no function needs any more, once they have had none for some minutes."""

from collections.abc import AsyncIterator, Callable, Collection, Set

from faas_nomad.clients.errors import NotFoundError
from faas_nomad.clients.login_store import LoginStore
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey
from faas_nomad.translate.registry_logins import reads_login

GRACE_S = 300.0
"""How long a login without a function stays: it is written before the job that needs it."""

Owner = tuple[str, str]
"""Namespace and job ID."""
Kept = dict[Owner, list[JobKey]]
"""Logins by whose they are. Where all regions share a store, each has the same one."""


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
        self._since_s: dict[Owner, float] = {}

    async def kept(self) -> Kept:
        """Return all logins that there are. Raises: BackendError."""
        found: Kept = {}
        for region in self._functions.picture.regions:
            store = self._store.in_region(region)
            for namespace in sorted(self._functions.namespaces.names):
                for job_id in await store.jobs(namespace):
                    key = JobKey(namespace, job_id, region)
                    found.setdefault((namespace, job_id), []).append(key)
        return found

    async def overdue(self, kept: Kept, owners: Set[Owner]) -> AsyncIterator[list[JobKey]]:
        """Yield where those of `kept` are that are none of `owners`' and can go.

        Raises:
            BackendError: Nomad cannot be asked.
        """
        now_s = self._now_s()
        ownerless = kept.keys() - owners
        self._since_s = {owner: self._since_s.get(owner, now_s) for owner in ownerless}
        for owner, first_s in self._since_s.items():
            if now_s - first_s >= GRACE_S and not await self._may_be_needed(kept[owner]):
                yield kept[owner]

    async def _may_be_needed(self, keys: Collection[JobKey]) -> bool:
        for key in keys:
            if await self._may_need(key):
                return True
        return False

    async def _may_need(self, key: JobKey) -> bool:
        """Tell whether some version of the job may still read it.

        A function that stopped naming a secret may be taken back to a version that did. One that
        was deployed under other settings reads it until its next deployment.
        """
        is_function = self._functions.find(key) is not None
        if is_function and not self._is_deployed(key):
            return True
        try:
            job = await self._nomad.in_region(key.region).read_job(key.job_id, key.namespace)
        except NotFoundError:
            return False
        # What is no function is stopped, or another installation's.
        return not is_function or reads_login(job)

    def _is_deployed(self, key: JobKey) -> bool:
        deployment = self._functions.picture.deployment(key)
        return deployment is not None and deployment.has_succeeded
