"""The Nomad variable that tells a function's templates when to read Vault anew; no value is in it.

It is on the task's own path, where its workload identity may read it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence

from faas_nomad.clients.errors import ConflictError, RejectedError
from faas_nomad.clients.nomad_variables import NomadVariables
from faas_nomad.translate.secret_changes import Generations
from faas_nomad.translate.secret_variables import MARK, copy_paths, generation_key, is_copy
from faas_nomad.translate.vault_secrets import FIRST_GENERATION, next_generation

MAX_CONFLICTS = 8
MAX_PAUSE_S = 0.2
Change = Callable[[Mapping[str, str]], dict[str, str]]


class SecretGenerations:
    """Check-and-set on one variable a job."""

    def __init__(
        self,
        variables: NomadVariables,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._variables = variables
        self._sleep = sleep

    def in_region(self, region: str) -> "SecretGenerations":
        """Return those of another region's jobs; "" is the own one."""
        if not region:
            return self
        return SecretGenerations(self._variables.in_region(region), self._sleep)

    async def prepare(self, namespace: str, job_id: str, names: Sequence[str]) -> Generations:
        """Have a generation for each secret; return them."""
        first = {generation_key(name): FIRST_GENERATION for name in names}
        items = await self._change(namespace, job_id, lambda items: {**first, **items})
        return _of(items, names)

    async def present(self, namespace: str, job_id: str, names: Sequence[str]) -> Generations:
        """Return the generations as they are now."""
        found = await self._variables.find(namespace, self.path(job_id))
        return _of(found.items, names)

    def path(self, job_id: str) -> str:
        """Return the path of the job's variable."""
        return copy_paths(job_id)[0]

    async def advance(self, namespace: str, job_id: str, name: str) -> None:
        """Make the job's tasks read a secret anew."""
        key = generation_key(name)
        await self._change(
            namespace, job_id, lambda items: {**items, key: next_generation(items.get(key, ""))}
        )

    async def _change(self, namespace: str, job_id: str, change: Change) -> Mapping[str, str]:
        path = self.path(job_id)
        for _ in range(MAX_CONFLICTS):
            present = await self._variables.find(namespace, path)
            if present.items and not is_copy(present.items):
                raise RejectedError(f"Nomad's variable {path} is not ours to write")
            items = {**change(present.items), MARK: "1"}
            try:
                await self._variables.put(
                    namespace, path, items, expected_index=present.modify_index
                )
            except ConflictError as err:
                lost = err
                await self._sleep(random.uniform(0, MAX_PAUSE_S))  # noqa: S311 - jitter
            else:
                return items
        raise lost


def _of(items: Mapping[str, str], names: Sequence[str]) -> Generations:
    keys = {name: generation_key(name) for name in names}
    return {name: items[key] for name, key in keys.items() if key in items}
