"""Secrets in Nomad's variables: the store that needs nothing but Nomad.

`translate.secret_variables` says where what lies. At rest the servers' keyring encrypts them; who
may read them is for ACLs to say, and without ACLs everybody may.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import structlog

from faas_nomad.clients.errors import ConflictError, UnreachableError
from faas_nomad.clients.nomad_secret_copies import MAX_CONFLICTS, SecretCopies
from faas_nomad.clients.nomad_variables import ABSENT, NomadVariables, copy_stamp, master_stamp
from faas_nomad.clients.secret_store import NoSuchSecretError, SecretExistsError, SecretUser
from faas_nomad.translate.secret_changes import Generations
from faas_nomad.translate.secret_files import TaskSecrets, variable_template
from faas_nomad.translate.secret_variables import (
    MASTERS,
    VALUE,
    encode_value,
    master_path,
    secret_of_path,
)

log = structlog.get_logger()

AT_ONCE = 8
"""Functions whose copies are written at the same time."""
T = TypeVar("T")


class NomadSecretStore:
    """A `SecretStore`; masters here, copies by `SecretCopies`."""

    def __init__(self, variables: NomadVariables, copies: SecretCopies, region: str = "") -> None:
        self._variables = variables
        self._copies = copies
        self._region = region

    def in_region(self, region: str) -> "NomadSecretStore":
        """Return the store whose copies are in another region."""
        if not region:
            return self
        return NomadSecretStore(self._variables, self._copies.in_region(region), region)

    async def names(self, namespace: str) -> list[str]:
        """Return the names of a namespace's secrets, in order."""
        found = await self._variables.list(MASTERS, namespace)
        return sorted(name for stub in found if (name := secret_of_path(stub.path)))

    async def create(self, namespace: str, name: str, value: bytes) -> None:
        """Keep a new secret. Raises: SecretExistsError, InvalidSecretError."""
        items = {VALUE: encode_value(value)}
        try:
            await self._variables.put(namespace, master_path(name), items, expected_index=ABSENT)
        except ConflictError as err:
            raise SecretExistsError(name) from err

    async def update(
        self, namespace: str, name: str, value: bytes, users: Collection[SecretUser]
    ) -> None:
        """Replace the master, then the copies of all users.

        Copies in another region that is away are left to the repair.

        Raises:
            NoSuchSecretError: There is none of that name.
            InvalidSecretError: The value is too large, alone or for a user; nothing was changed.
        """
        text = encode_value(value)
        await self._master_index(namespace, name)
        await _at_once(partial(self._check_fit, namespace, name, text), users)
        path, items = master_path(name), {VALUE: text}
        await self._on_master(
            namespace,
            name,
            lambda index: self._variables.put(namespace, path, items, expected_index=index),
        )
        await _at_once(partial(self._copy, namespace), users)

    async def delete(self, namespace: str, name: str) -> None:
        """Forget a secret; jobs that use it keep what they have. Raises: NoSuchSecretError."""
        path = master_path(name)
        await self._on_master(
            namespace,
            name,
            lambda index: self._variables.delete(namespace, path, expected_index=index),
        )

    async def prepare(self, namespace: str, job_id: str, names: Sequence[str]) -> TaskSecrets:
        """Copy the secrets to the job. Raises: NoSuchSecretError, InvalidSecretError."""
        copied = await self._copies.write(namespace, job_id, names)
        return TaskSecrets(
            lambda name: variable_template(copied.paths[name], name),
            generations=copied.generations,
        )

    async def generations(self, namespace: str, job_id: str, names: Sequence[str]) -> Generations:
        """Return the indexes of the masters."""
        return await self._copies.generations(namespace, names)

    async def settle(self, namespace: str, job_id: str, names: Sequence[str]) -> None:
        """Copy again what changed, or was removed, between `prepare` and the registration."""
        masters, copies = await asyncio.gather(
            self._variables.list(MASTERS, namespace), self._copies.stubs(namespace, job_id)
        )
        stamps = {secret_of_path(stub.path): master_stamp(stub, self._region) for stub in masters}
        own = [copy_stamp(stub, self._region) for stub in copies]
        if not own or max((stamps.get(name, 0) for name in names), default=0) > min(own):
            await self._copies.write(namespace, job_id, names, all_exist=False)

    async def release(self, namespace: str, job_id: str) -> None:
        """Remove the copies of a job that is gone."""
        await self._copies.remove(namespace, job_id)

    async def _check_fit(self, namespace: str, name: str, text: str, user: SecretUser) -> None:
        with _left_to_repair(user):
            copies = self._copies.in_region(user.region)
            await copies.check_fit(namespace, user.job_id, name, text)

    async def _copy(self, namespace: str, user: SecretUser) -> None:
        with _left_to_repair(user):
            copies = self._copies.in_region(user.region)
            await copies.write(namespace, user.job_id, user.names, all_exist=False)

    async def _master_index(self, namespace: str, name: str) -> int:
        found = await self._variables.find(namespace, master_path(name))
        if found.modify_index == ABSENT:
            raise NoSuchSecretError(name)
        return found.modify_index

    async def _on_master(
        self, namespace: str, name: str, act: Callable[[int], Awaitable[object]]
    ) -> None:
        """Do `act` with the index of the master as it is now, again when another writer was first.

        Raises:
            NoSuchSecretError: There is none of that name, or no longer.
        """
        for _ in range(MAX_CONFLICTS):
            index = await self._master_index(namespace, name)
            try:
                await act(index)
            except ConflictError as err:
                lost = err
            else:
                return
        raise lost


@contextmanager
def _left_to_repair(user: SecretUser) -> Iterator[None]:
    try:
        yield
    except UnreachableError as err:
        if not user.region:
            raise
        log.warning("copies of secrets are behind in a region that is away", reason=str(err))


async def _at_once(action: Callable[[T], Awaitable[object]], over: Collection[T]) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def act(one: T) -> None:
        async with places:
            await action(one)

    await asyncio.gather(*(act(one) for one in over))
