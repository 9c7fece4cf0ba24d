"""The copies of secrets on the jobs' own paths: written before a job needs them, never shrunk here.

Every write reads the copies first, the masters after them, and names the copies' indexes: so no
older value can come over a newer one, whoever writes at the same time.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from faas_nomad.clients.errors import ConflictError
from faas_nomad.clients.nomad_variables import NomadVariables, Variable, VariableStub
from faas_nomad.clients.secret_store import NoSuchSecretError
from faas_nomad.translate.secret_changes import Generations
from faas_nomad.translate.secret_variables import (
    VALUE,
    Items,
    copy_paths,
    is_copy,
    job_of_path,
    master_path,
    place_copies,
)

MAX_CONFLICTS = 8
MAX_PAUSE_S = 0.2


@dataclass(frozen=True)
class Level:
    """One of a job's variables as it is now."""

    path: str
    variable: Variable


@dataclass(frozen=True)
class Copied:
    """Where each secret's copy is, and which write of its master it is a copy of."""

    paths: dict[str, str]
    generations: Generations


class SecretCopies:
    """Writes and removes the copies of one job at a time.

    Copies are in the region of their job, masters in the own one.
    """

    def __init__(
        self,
        variables: NomadVariables,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        masters: NomadVariables | None = None,
    ) -> None:
        self._variables = variables
        self._masters_in = masters or variables
        self._sleep = sleep

    def in_region(self, region: str) -> "SecretCopies":
        """Return those of another region's jobs; "" is the own one."""
        variables = self._variables.in_region(region)
        return SecretCopies(variables, self._sleep, self._masters_in) if region else self

    async def write(
        self, namespace: str, job_id: str, names: Sequence[str], *, all_exist: bool = True
    ) -> Copied:
        """Copy the secrets' present values to the job.

        Every copy is written even if nothing in it changes: its index shows when it was.

        Args:
            all_exist: Whether a name without a secret is an error, or keeps what was copied once.

        Raises:
            NoSuchSecretError: `all_exist`, and one does not.
            InvalidSecretError: They do not fit.
        """
        for _ in range(MAX_CONFLICTS):
            levels = await self.levels(namespace, job_id)
            masters = await self._masters(namespace, names, all_exist=all_exist)
            wanted = {name: master.items[VALUE] for name, master in masters.items()}
            placed = place_copies([level.variable.items for level in levels], wanted)
            try:
                await self._put(namespace, levels, placed)
            except ConflictError as err:
                lost = err
                await self._sleep(random.uniform(0, MAX_PAUSE_S))  # noqa: S311 - jitter
            else:
                return Copied(_paths(levels, placed), _generations(masters))
        raise lost

    async def generations(self, namespace: str, names: Sequence[str]) -> Generations:
        """Return when each secret was written, as Nomad counts; nothing of one that is gone."""
        return _generations(await self._masters(namespace, names, all_exist=False))

    async def check_fit(self, namespace: str, job_id: str, name: str, value: str) -> None:
        """Raise InvalidSecretError when `value` would not fit among the job's copies."""
        levels = await self.levels(namespace, job_id)
        place_copies([level.variable.items for level in levels], {name: value})

    async def levels(self, namespace: str, job_id: str) -> list[Level]:
        """Return the job's variables that are ours to write; others' are left alone."""
        paths = copy_paths(job_id)
        found = await asyncio.gather(*(self._variables.find(namespace, path) for path in paths))
        levels = [Level(path, variable) for path, variable in zip(paths, found, strict=True)]
        return [
            level for level in levels if not level.variable.items or is_copy(level.variable.items)
        ]

    async def stubs(self, namespace: str, job_id: str) -> list[VariableStub]:
        """Return the job's variables without what is in them."""
        found = await self._variables.list(copy_paths(job_id)[-1], namespace)
        return [stub for stub in found if job_of_path(stub.path) == job_id]

    async def remove(self, namespace: str, job_id: str) -> None:
        """Remove the job's copies; one that is written meanwhile stays."""
        for stub in await self.stubs(namespace, job_id):
            found = await self._variables.find(namespace, stub.path)
            if is_copy(found.items):
                await self._variables.delete(
                    namespace, stub.path, expected_index=found.modify_index
                )

    async def _masters(
        self, namespace: str, names: Sequence[str], *, all_exist: bool
    ) -> dict[str, Variable]:
        found = await asyncio.gather(
            *(self._masters_in.find(namespace, master_path(name)) for name in names)
        )
        masters = dict(zip(names, found, strict=True))
        for name, master in masters.items():
            if VALUE not in master.items and all_exist:
                raise NoSuchSecretError(name)
        return {name: master for name, master in masters.items() if VALUE in master.items}

    async def _put(self, namespace: str, levels: Sequence[Level], placed: Sequence[Items]) -> None:
        for level, items in zip(levels, placed, strict=True):
            if items:
                await self._variables.put(
                    namespace, level.path, items, expected_index=level.variable.modify_index
                )


def _generations(masters: Mapping[str, Variable]) -> Generations:
    return {name: str(master.modify_index) for name, master in masters.items()}


def _paths(levels: Sequence[Level], placed: Sequence[Items]) -> dict[str, str]:
    pairs = zip(levels, placed, strict=True)
    return {name: level.path for level, items in pairs for name in items}
