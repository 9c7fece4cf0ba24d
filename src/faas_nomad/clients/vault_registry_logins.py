"""Registry logins in Vault, in a folder below the prefix that no secret's name leads to."""

from faas_nomad.clients.secret_store import NoSuchSecretError
from faas_nomad.clients.vault_kv import VaultKv
from faas_nomad.translate.names import Names
from faas_nomad.translate.registry_logins import RegistryLogin, TaskLogin, vault_block_of
from faas_nomad.translate.vault_secrets import (
    TaskAuth,
    is_secret,
    login_folder,
    secret_folder,
    value_of,
    vault_block,
)


class VaultLogins:
    """A `LoginStore`."""

    def __init__(self, kv: VaultKv, names: Names, auth: TaskAuth) -> None:
        self._kv = kv
        self._names = names
        self._auth = auth

    def in_region(self, region: str) -> "VaultLogins":
        """Return the same: Vault is for all regions, in which a job's ID is there once."""
        del region
        return self

    async def value(self, namespace: str, name: str) -> bytes:
        """Return a secret. Raises: NoSuchSecretError, InvalidSecretError."""
        place = await self._kv.place()
        folder = secret_folder(namespace, self._names.nomad_namespace)
        fields = await self._kv.find(place.path(folder, name))
        if fields is None or not is_secret(fields):
            raise NoSuchSecretError(name)
        return value_of(fields)

    async def keep(self, namespace: str, job_id: str, login: RegistryLogin) -> TaskLogin:
        """Write the entry, unless it says so already."""
        place = await self._kv.place()
        folder = login_folder(namespace)
        path = place.path(folder, job_id)
        if await self._kv.find(path) != login.items():
            await self._kv.write(path, login.items())
        block = vault_block_of(place.read_path(folder, job_id), place.version)
        return TaskLogin(block, vault_block(self._auth))

    async def forget(self, namespace: str, job_id: str) -> None:
        """Remove the entry with all its versions."""
        place = await self._kv.place()
        path = place.path(login_folder(namespace), job_id)
        if await self._kv.find(path) is not None:
            await self._kv.delete(path)

    async def jobs(self, namespace: str) -> list[str]:
        """Return the jobs that have such an entry."""
        place = await self._kv.place()
        found = await self._kv.names(place.directory(login_folder(namespace)))
        return [key for key in found if not key.endswith("/")]
