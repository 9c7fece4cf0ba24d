"""A secret store in memory that remembers what was asked of it."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from faas_nomad.clients.secret_store import NoSuchSecretError, SecretExistsError, SecretUser
from faas_nomad.translate.secret_changes import Generations
from faas_nomad.translate.secret_files import TaskSecrets, own_variables


class MemorySecretStore:
    """A `SecretStore`; `calls` has what was asked, without values."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], bytes] = {}
        self.calls: list[tuple[object, ...]] = []
        self.failure: Exception | None = None
        self.writes = 0
        self._written: dict[tuple[str, str], int] = {}

    def in_region(self, region: str) -> "MemorySecretStore":
        return self

    async def names(self, namespace: str) -> list[str]:
        return sorted(name for found, name in self.values if found == namespace)

    async def create(self, namespace: str, name: str, value: bytes) -> None:
        if (namespace, name) in self.values:
            raise SecretExistsError(name)
        self.values[namespace, name] = value

    async def update(
        self, namespace: str, name: str, value: bytes, users: Collection[SecretUser]
    ) -> None:
        self._check(namespace, [name])
        self.calls.append(("update", name, list(users)))
        self.values[namespace, name] = value
        self.writes += 1
        self._written[namespace, name] = self.writes

    async def delete(self, namespace: str, name: str) -> None:
        self._check(namespace, [name])
        del self.values[namespace, name]

    async def prepare(self, namespace: str, job_id: str, names: Sequence[str]) -> TaskSecrets:
        self._check(namespace, names)
        self.calls.append(("prepare", job_id, list(names)))
        return replace(own_variables(job_id), generations=self._generations(namespace, names))

    async def generations(self, namespace: str, job_id: str, names: Sequence[str]) -> Generations:
        self._fail()
        return self._generations(namespace, names)

    async def settle(self, namespace: str, job_id: str, names: Sequence[str]) -> None:
        self._fail()
        self.calls.append(("settle", job_id, list(names)))

    async def release(self, namespace: str, job_id: str) -> None:
        self._fail()
        self.calls.append(("release", job_id))

    def _generations(self, namespace: str, names: Sequence[str]) -> Generations:
        there = [name for name in names if (namespace, name) in self.values]
        return {name: str(self._written.get((namespace, name), 0)) for name in there}

    def _check(self, namespace: str, names: Sequence[str]) -> None:
        for name in names:
            if (namespace, name) not in self.values:
                raise NoSuchSecretError(name)

    def _fail(self) -> None:
        if self.failure:
            raise self.failure
