"""Removes the copies of secrets that no function needs any more.

Only once they have been left alone for some minutes: a copy is written before the job that needs
it, and a version that names it may come back until a deployment without it has succeeded.
"""

from collections.abc import Iterator, Mapping

import structlog

from faas_nomad.clients.each import each
from faas_nomad.clients.errors import BackendError, ConflictError, NotFoundError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.nomad_variables import NomadVariables, VariableStub
from faas_nomad.operations.kept_secrets import Kept
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey
from faas_nomad.translate.meta import readable_deployment
from faas_nomad.translate.secret_variables import is_copy, without_unwanted

log = structlog.get_logger()

GRACE_S = 300.0
"""Longer than any deployment of ours takes from its copy to its job."""


class SecretLeftovers:
    """Remembers which copies were looked at, so that each is read once."""

    def __init__(self, variables: NomadVariables, functions: Functions, nomad: NomadClient) -> None:
        self._variables = variables
        self._functions = functions
        self._nomad = nomad
        self._looked_at: dict[tuple[str, str, str], int] = {}

    async def remove(self, kept: Kept, now_ns: int) -> list[BackendError]:
        """Look at what is kept of a region; return what kept some of it from that."""
        self._forget_gone(kept)
        return await each(self._look, list(self._left_alone(kept, now_ns - int(GRACE_S * 1e9))))

    def _forget_gone(self, kept: Kept) -> None:
        present = {_place(key, stub) for key, stubs in kept.copies.items() for stub in stubs}
        self._looked_at = {
            place: index
            for place, index in self._looked_at.items()
            if place in present or place[0] != kept.region
        }

    async def _look(self, found: tuple[JobKey, VariableStub]) -> None:
        if self._functions.find(found[0]) is None:
            await self._remove_orphan(*found)
        else:
            await self._trim(*found)

    def _left_alone(self, kept: Kept, latest_ns: int) -> Iterator[tuple[JobKey, VariableStub]]:
        for key, stubs in kept.copies.items():
            for stub in stubs:
                unseen = self._looked_at.get(_place(key, stub)) != stub.modify_index
                if stub.modify_time_ns <= latest_ns and unseen:
                    yield key, stub

    async def _remove_orphan(self, key: JobKey, stub: VariableStub) -> None:
        try:
            await self._nomad.in_region(key.region).read_job(key.job_id, key.namespace)
        except NotFoundError:
            pass
        else:
            return  # stopped, or another installation's
        variables = self._variables.in_region(key.region)
        if is_copy((await variables.find(stub.namespace, stub.path)).items):
            await _write(variables, stub, {})
            log.info("copies of secrets without a function were removed", job=key.job_id)

    async def _trim(self, key: JobKey, stub: VariableStub) -> None:
        """Drop what the function names no more, once no version that names it can come back."""
        variables = self._variables.in_region(key.region)
        present = await variables.find(stub.namespace, stub.path)
        try:
            job = await self._nomad.in_region(key.region).read_job(key.job_id, key.namespace)
        except NotFoundError:
            return
        fn = readable_deployment(job.get("Meta"))
        if fn is None or not self._is_deployed(key, int(job["Version"])):
            return
        wanted = frozenset(fn.secrets)
        left = without_unwanted(present.items, wanted)
        if is_copy(present.items) and left != present.items:
            await _write(variables, stub, left)
        else:
            self._looked_at[_place(key, stub)] = stub.modify_index

    def _is_deployed(self, key: JobKey, version: int) -> bool:
        deployment = self._functions.picture.deployment(key)
        if deployment is None or deployment.job_version != version:
            return False
        return deployment.has_succeeded


def _place(key: JobKey, stub: VariableStub) -> tuple[str, str, str]:
    return key.region, stub.namespace, stub.path


async def _write(variables: NomadVariables, stub: VariableStub, items: Mapping[str, str]) -> None:
    """Write over, or remove with no items, what nobody has touched since it was listed."""
    put, delete = variables.put, variables.delete
    where, index = (stub.namespace, stub.path), stub.modify_index
    try:
        if items:
            await put(*where, items, expected_index=index)
        else:
            await delete(*where, expected_index=index)
    except ConflictError:
        log.debug("a copy of secrets is in use again", path=stub.path)
