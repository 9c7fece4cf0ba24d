"""Nomad's check-and-set on variables, in memory, for tests of what writes through it."""

import asyncio
from collections.abc import Callable, Mapping

from faas_nomad.clients.errors import ConflictError, DeniedError
from faas_nomad.clients.nomad_variables import Variable, VariableStub

Key = tuple[str, str]


class MemoryVariables:
    """The calls of `NomadVariables`; `before_put` plays the other writers."""

    def __init__(self) -> None:
        self.rows: dict[Key, Variable] = {}
        self.times_ns: dict[Key, int] = {}
        self.index = 10
        self.now_ns = 0
        self.reads: list[str] = []
        self.before_put: list[Callable[[], object]] = []
        self.others: dict[str, MemoryVariables] = {}
        """Those of other regions."""
        self.failure: Exception | None = None
        """What is answered to whoever reads."""
        self.denied: set[str] = set()
        """Paths that nobody may read."""
        self.failed = 0
        """How often it was."""

    def in_region(self, region: str) -> "MemoryVariables":
        return self.others.setdefault(region, MemoryVariables()) if region else self

    async def find(self, namespace: str, path: str) -> Variable:
        self._fail()
        if path in self.denied:
            raise DeniedError(f"no right on {path}")
        self.reads.append(path)
        return self.rows.get((namespace, path), Variable({}, 0))

    async def wait(self, namespace: str, path: str, index: int, wait_s: float) -> Variable:
        """Answer after about `wait_s` at the latest, in the test's own time."""
        deadline_s = asyncio.get_running_loop().time() + wait_s
        while asyncio.get_running_loop().time() < deadline_s:
            found = self.rows.get((namespace, path), Variable({}, 0))
            if found.modify_index != index:
                return found
            await asyncio.sleep(0.005)
        return self.rows.get((namespace, path), Variable({}, 0))

    async def list(self, prefix: str, namespace: str = "*") -> list[VariableStub]:
        self._fail()
        return [
            VariableStub(ns, path, row.modify_index, self.times_ns[ns, path])
            for (ns, path), row in sorted(self.rows.items())
            if path.startswith(prefix) and namespace in ("*", ns)
        ]

    async def put(
        self, namespace: str, path: str, items: Mapping[str, str], *, expected_index: int
    ) -> int:
        if self.before_put:
            self.before_put.pop(0)()
        self._check(namespace, path, expected_index)
        self.write(path, items, namespace)
        return self.index

    async def delete(self, namespace: str, path: str, *, expected_index: int) -> None:
        self._check(namespace, path, expected_index)
        self.rows.pop((namespace, path), None)

    def write(self, path: str, items: Mapping[str, str], namespace: str = "default") -> None:
        """Write whatever the index is."""
        self.index += 1
        self.rows[namespace, path] = Variable(dict(items), self.index)
        self.times_ns[namespace, path] = self.now_ns

    def items(self, path: str, namespace: str = "default") -> Mapping[str, str]:
        return self.rows[namespace, path].items

    def _check(self, namespace: str, path: str, expected_index: int) -> None:
        present = self.rows.get((namespace, path))
        if (present.modify_index if present else 0) != expected_index:
            raise ConflictError("cas error")

    def _fail(self) -> None:
        if self.failure:
            self.failed += 1
            raise self.failure
