"""Create, update, list and delete secrets, and tell which functions use them."""

import structlog

from faas_nomad.clients.secret_store import SecretStore, SecretUser
from faas_nomad.operations.registry_logins import RegistryLogins
from faas_nomad.operations.secret_restarts import SecretRestarts
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobRecord
from faas_nomad.translate.secret_names import check_secret_name

log = structlog.get_logger()


class SecretOperations:
    """The calls of `/system/secrets`; namespaces are Nomad's and exist."""

    def __init__(
        self,
        store: SecretStore,
        functions: Functions,
        restarts: SecretRestarts,
        logins: RegistryLogins,
    ) -> None:
        self._store = store
        self._functions = functions
        self._restarts = restarts
        self._logins = logins

    async def names(self, namespace: str) -> list[str]:
        """Return the names of a namespace's secrets, in order; values are never given out."""
        return await self._store.names(namespace)

    async def create(self, namespace: str, name: str, value: bytes) -> None:
        """Keep a new secret. Raises: InvalidSecretError, SecretExistsError."""
        check_secret_name(name)
        await self._store.create(namespace, name, value)

    async def update(self, namespace: str, name: str, value: bytes) -> None:
        """Replace a secret; functions that run with it get the new value within seconds.

        Raises:
            InvalidSecretError: The name is none, or the value is too large.
            NoSuchSecretError: There is none of that name.
        """
        check_secret_name(name)
        users = self._users(namespace, name)
        await self._store.update(
            namespace,
            name,
            value,
            [SecretUser(job.key.job_id, job.fn.secrets, job.key.region) for job in users],
        )
        await self._logins.renew(namespace, name)
        await self._restarts.restart(users)

    async def delete(self, namespace: str, name: str) -> None:
        """Forget a secret; functions that run with it keep it until they are deployed anew.

        Raises:
            InvalidSecretError: The name is none.
            NoSuchSecretError: There is none of that name.
        """
        check_secret_name(name)
        await self._store.delete(namespace, name)
        users = [job.fn.service for job in self._users(namespace, name)]
        if users:
            log.warning("a secret was deleted that functions use", secret=name, functions=users)

    def _users(self, namespace: str, name: str) -> list[JobRecord]:
        return [
            j for j in self._functions.directory.in_namespace(namespace) if name in j.fn.secrets
        ]
