"""Nomad's variables: small maps of text with check-and-set.

Sources: nomad `api/variables.go`, `command/agent/variable_endpoint.go` (v1.11.1). Items never
show in a `repr` or an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from faas_nomad.clients.errors import InterruptedCallError, NotFoundError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.nomad_calls import ALL_NAMESPACES, shaped
from faas_nomad.clients.shapes import Shape
from faas_nomad.model.nomad_cluster import ListedVariable, StoredVariable, WrittenVariable

_VARIABLE: Shape[StoredVariable] = Shape(StoredVariable)
_VARIABLES: Shape[list[ListedVariable] | None] = Shape(list[ListedVariable] | None)
_WRITTEN: Shape[WrittenVariable] = Shape(WrittenVariable)

WAIT_SLACK_S = 5.0
"""On top of a wait: Nomad adds a sixteenth, and the way there and back."""
CLOCKS_DIFFER_NS = 30_000_000_000
"""What the clocks of two regions' servers may differ by."""
ABSENT = 0
"""The index to expect of a variable that is not there."""


@dataclass(frozen=True)
class Variable:
    """A variable as it is now; `modify_index` is what a check-and-set must name."""

    items: Mapping[str, str] = field(repr=False)
    modify_index: int


@dataclass(frozen=True)
class VariableStub:
    """A variable in a list: everything but its items."""

    namespace: str
    path: str
    modify_index: int
    modify_time_ns: int


def copy_stamp(copy: VariableStub, region: str) -> int:
    """Return when a copy was written, to be compared with `master_stamp`; pure."""
    return copy.modify_time_ns if region else copy.modify_index


def master_stamp(master: VariableStub, region: str) -> int:
    """Return when a master was written, for copies in `region`: they must not be older; pure.

    Raft indexes tell it within a region. Between two there are only their servers' clocks, so a
    copy must be younger by what these may differ: it is written once too often, not too seldom.
    """
    return master.modify_time_ns + CLOCKS_DIFFER_NS if region else master.modify_index


class NomadVariables:
    """One method a call; each raises `clients.errors.BackendError` and nothing else."""

    def __init__(self, backend: Backend, *, region: str = "") -> None:
        self._backend = backend
        self._region = {"region": region} if region else {}

    def in_region(self, region: str) -> "NomadVariables":
        """Return those of another region; "" is the own one."""
        return NomadVariables(self._backend, region=region) if region else self

    async def find(self, namespace: str, path: str) -> Variable:
        """Return the variable at `path`; without items and with the index 0 if there is none."""
        try:
            answer = await self._backend.request("GET", _path(path), params=self._in(namespace))
        except NotFoundError:
            return Variable({}, ABSENT)
        return _variable(shaped(answer, _VARIABLE))

    async def list(self, prefix: str, namespace: str = ALL_NAMESPACES) -> list[VariableStub]:
        """Return the variables whose paths begin with `prefix`, as far as the token sees them."""
        params = {**self._in(namespace), "prefix": prefix}
        answer = await self._backend.request("GET", "/v1/vars", params=params)
        return [_stub(stub) for stub in shaped(answer, _VARIABLES) or []]

    async def wait(self, namespace: str, path: str, index: int, wait_s: float) -> Variable:
        """Return the variable once its index is not `index`, or as it is after about `wait_s`."""
        params = {**self._in(namespace), "index": str(index), "wait": f"{wait_s:g}s"}
        within_s = wait_s + WAIT_SLACK_S
        try:
            answer = await self._backend.request(
                "GET", _path(path), params=params, timeout_s=within_s
            )
        except NotFoundError:
            return Variable({}, ABSENT)
        return _variable(shaped(answer, _VARIABLE))

    async def put(
        self, namespace: str, path: str, items: Mapping[str, str], *, expected_index: int
    ) -> int:
        """Write the variable if its index is `expected_index`, `ABSENT` for a new one.

        Returns its new index.

        Raises:
            ConflictError: Somebody else wrote first.
            InterruptedCallError: The connection broke, and it is not written so far.
        """
        params = {**self._in(namespace), "cas": str(expected_index)}
        body = {"Namespace": namespace, "Path": path, "Items": dict(items)}
        try:
            answer = await self._backend.request(
                "PUT", _path(path), params=params, json=body, repeatable=False
            )
        except InterruptedCallError:
            found = await self.find(namespace, path)
            if found.items != items:
                raise
            return found.modify_index
        return shaped(answer, _WRITTEN)["ModifyIndex"]

    async def delete(self, namespace: str, path: str, *, expected_index: int) -> None:
        """Remove the variable if its index is `expected_index`; raises as `put` does."""
        params = {**self._in(namespace), "cas": str(expected_index)}
        try:
            await self._backend.request("DELETE", _path(path), params=params, repeatable=False)
        except InterruptedCallError:
            if (await self.find(namespace, path)).modify_index != ABSENT:
                raise

    def _in(self, namespace: str) -> dict[str, str]:
        return {**self._region, "namespace": namespace}


def _path(path: str) -> str:
    return f"/v1/var/{quote(path)}"


def _variable(variable: StoredVariable) -> Variable:
    return Variable(variable["Items"], variable["ModifyIndex"])


def _stub(variable: ListedVariable) -> VariableStub:
    return VariableStub(
        variable["Namespace"], variable["Path"], variable["ModifyIndex"], variable["ModifyTime"]
    )
