"""What deploying and removing a function asks of the secret store."""

from dataclasses import replace

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.clients.secret_store import NoSuchSecretError, SecretStore
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.registry_logins import RegistryLogins
from faas_nomad.state.records import JobKey
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.secret_changes import Generations
from faas_nomad.translate.secret_files import TaskSecrets, own_variables

log = structlog.get_logger()


class FunctionSecrets:
    """Asks the store nothing for functions without secrets."""

    def __init__(self, store: SecretStore, logins: RegistryLogins) -> None:
        self._store = store
        self._logins = logins

    async def prepare(self, fn: FunctionDeployment, key: JobKey, policy: JobPolicy) -> TaskSecrets:
        """Make the function's secrets readable for its job, which is about to be registered.

        The login for its image's registry is one of them.

        Raises:
            InvalidDeploymentError: One of them does not exist.
            InvalidSecretError: Together they are too large.
        """
        files = await self._files(fn, key)
        return replace(files, login=await self._logins.prepare(fn, key, policy))

    async def _files(self, fn: FunctionDeployment, key: JobKey) -> TaskSecrets:
        if not fn.secrets:
            return own_variables(key.job_id)
        try:
            return await self._store.in_region(key.region).prepare(
                key.namespace, key.job_id, fn.secrets
            )
        except NoSuchSecretError as err:
            raise InvalidDeploymentError("secrets", err.name, "a secret that exists") from err

    async def generations(self, fn: FunctionDeployment, key: JobKey) -> Generations:
        """Return the generation of each of the function's secrets now."""
        store = self._store.in_region(key.region)
        return await store.generations(key.namespace, key.job_id, fn.secrets)

    async def settle(self, fn: FunctionDeployment, key: JobKey) -> None:
        """The job is registered: see to what changed meanwhile; the next repair sees to it too."""
        if not fn.secrets:
            return
        try:
            store = self._store.in_region(key.region)
            await store.settle(key.namespace, key.job_id, fn.secrets)
        except BackendError as err:
            log.warning("secrets were not looked at again", function=fn.service, reason=str(err))

    async def release(self, fn: FunctionDeployment, key: JobKey) -> None:
        """The job is gone: forget what it had; the next repair forgets it too."""
        await self._logins.release(fn, key)
        if not fn.secrets:
            return
        try:
            await self._store.in_region(key.region).release(key.namespace, key.job_id)
        except BackendError as err:
            log.warning("copies of secrets are left", function=fn.service, reason=str(err))
