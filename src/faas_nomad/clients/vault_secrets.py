"""Secrets in Vault's KV engine: functions' tasks read them there themselves."""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial

from faas_nomad.clients.each import each, raise_first
from faas_nomad.clients.errors import BackendError, ConflictError
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.secret_store import NoSuchSecretError, SecretExistsError, SecretUser
from faas_nomad.clients.vault_generations import SecretGenerations
from faas_nomad.clients.vault_kv import Fields, VaultKv
from faas_nomad.translate.names import Names
from faas_nomad.translate.secret_changes import Generations
from faas_nomad.translate.secret_files import TaskSecrets
from faas_nomad.translate.secret_variables import generation_key
from faas_nomad.translate.vault_secrets import (
    KvPlace,
    TaskAuth,
    fields_of,
    is_secret,
    names_in,
    secret_folder,
    secrets_mb,
    size_of,
    vault_block,
    vault_template,
)


class VaultSecretStore:
    """A `SecretStore`; nothing of a value is kept anywhere but in Vault."""

    def __init__(
        self,
        kv: VaultKv,
        generations: SecretGenerations,
        copies: SecretCopies,
        names: Names,
        auth: TaskAuth,
    ) -> None:
        self._kv = kv
        self._generations = generations
        self._copies = copies
        self._names = names
        self._auth = auth

    def in_region(self, region: str) -> "VaultSecretStore":
        """Return the store whose generations are in another region; Vault is the same."""
        if not region:
            return self
        generations, copies = self._generations.in_region(region), self._copies.in_region(region)
        return VaultSecretStore(self._kv, generations, copies, self._names, self._auth)

    async def names(self, namespace: str) -> list[str]:
        """Return the names of a namespace's secrets, in order."""
        place = await self._kv.place()
        return names_in(await self._kv.names(place.directory(self._folder(namespace))))

    async def create(self, namespace: str, name: str, value: bytes) -> None:
        """Keep a new secret. Raises: SecretExistsError, InvalidSecretError."""
        fields = fields_of(value)
        try:
            await self._kv.create(await self._path(namespace, name), fields)
        except ConflictError as err:
            raise SecretExistsError(name) from err

    async def update(
        self, namespace: str, name: str, value: bytes, users: Collection[SecretUser]
    ) -> None:
        """Replace a secret and have its users read it anew, as far as their regions are there.

        Raises:
            BackendError: Some user was not told of it; all others were.
            NoSuchSecretError: There is none of that name.
            InvalidSecretError: The value is too large.
        """
        fields = fields_of(value)
        path = await self._existing(namespace, name)
        await self._kv.write(path, fields)
        failed: list[BackendError] = []
        for region in sorted({user.region for user in users}):  # the own one comes first
            here = [user.job_id for user in users if user.region == region]
            generations = self._generations.in_region(region)
            failed += await each(partial(generations.advance, namespace, name=name), here)
        raise_first(failed)

    async def delete(self, namespace: str, name: str) -> None:
        """Forget a secret; tasks that run keep their file. Raises: NoSuchSecretError.

        One of which somebody left the history alone goes too: it is listed still.
        """
        path = await self._path(namespace, name)
        if not await self._kv.is_listed(path):
            raise NoSuchSecretError(name)
        await self._kv.delete(path)

    async def prepare(self, namespace: str, job_id: str, names: Sequence[str]) -> TaskSecrets:
        """Say how the job's task reads the secrets. Raises: NoSuchSecretError."""
        found = await asyncio.gather(*(self._read(namespace, name) for name in names))
        place = await self._kv.place()
        folder = self._folder(namespace)
        generations = await self._generations.prepare(namespace, job_id, names)
        variable = self._generations.path(job_id)
        return TaskSecrets(
            lambda name: vault_template(place, folder, name, variable, generation_key(name)),
            vault=vault_block(self._auth),
            secrets_mb=secrets_mb(sum(size_of(fields) for fields in found)),
            generations=generations,
        )

    async def generations(self, namespace: str, job_id: str, names: Sequence[str]) -> Generations:
        """Return the generations of the job's variable."""
        return await self._generations.present(namespace, job_id, names)

    async def settle(self, namespace: str, job_id: str, names: Sequence[str]) -> None:
        """See that nobody removed the job's variable meanwhile."""
        await self._generations.prepare(namespace, job_id, names)

    async def release(self, namespace: str, job_id: str) -> None:
        """Remove the variable of a job that is gone."""
        await self._copies.remove(namespace, job_id)

    async def _read(self, namespace: str, name: str) -> Fields:
        fields = await self._kv.find(await self._path(namespace, name))
        if fields is None or not is_secret(fields):
            raise NoSuchSecretError(name)
        return fields

    async def _existing(self, namespace: str, name: str) -> str:
        path = await self._path(namespace, name)
        if await self._kv.find(path) is None:
            raise NoSuchSecretError(name)
        return path

    async def _path(self, namespace: str, name: str) -> str:
        place: KvPlace = await self._kv.place()
        return place.path(self._folder(namespace), name)

    def _folder(self, namespace: str) -> str:
        return secret_folder(namespace, self._names.nomad_namespace)
