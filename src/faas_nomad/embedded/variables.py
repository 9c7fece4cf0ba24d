"""Nomad Variables with check-and-set, in clear and in memory. Pure.

Limits and texts: nomad `structs/variables.go` (v1.11).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.store import Store

MAX_BYTES = 65_536
_PATH = re.compile(r"[a-zA-Z0-9\-_~/]{1,128}")
_OWN_TOP = ("nomad/jobs", "nomad/job-templates")
VariableKey = tuple[str, str]
"""Namespace and path."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable as stored."""

    namespace: str
    path: str
    items: Mapping[str, str]
    create_index: int
    modify_index: int
    create_time_ns: int
    modify_time_ns: int

    def metadata(self) -> dict[str, Any]:
        """Return all but the items, as lists give it."""
        return {
            "CreateIndex": self.create_index,
            "CreateTime": self.create_time_ns,
            "ModifyIndex": self.modify_index,
            "ModifyTime": self.modify_time_ns,
            "Namespace": self.namespace,
            "Path": self.path,
        }

    def whole(self) -> dict[str, Any]:
        """Return everything, as a read gives it."""
        return {**self.metadata(), "Items": dict(self.items)}


class ConflictError(Exception):
    """The check-and-set index is not the present one; `present` is what there is."""

    def __init__(self, present: dict[str, Any]) -> None:
        super().__init__("cas error")
        self.present = present


class Variables:
    """All variables, by namespace and path."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rows: dict[VariableKey, Variable] = {}

    def read(self, key: VariableKey) -> Variable:
        """Return a variable. Raises: ApiError 404."""
        if key not in self.rows:
            raise ApiError(404, "variable not found")
        return self.rows[key]

    def listed(self, namespace: str, prefix: str) -> list[Variable]:
        """Return those below `prefix` in one namespace, or in all with `*`."""
        rows = sorted(self.rows.items())
        return [v for (ns, path), v in rows if namespace in ("*", ns) and path.startswith(prefix)]

    def put(
        self, key: VariableKey, items: Mapping[str, str], cas: int | None, now_ns: int
    ) -> Variable:
        """Write a variable. Raises: ConflictError; ApiError 400 for a bad path or size."""
        _check(key[1], items)
        self._check_cas(key, cas)
        with self._store.transaction("VariableApplied") as tx:
            old = self.rows.get(key)
            row = Variable(
                namespace=key[0],
                path=key[1],
                items=dict(items),
                create_index=old.create_index if old else tx.index,
                modify_index=tx.index,
                create_time_ns=old.create_time_ns if old else now_ns,
                modify_time_ns=now_ns,
            )
            self.rows[key] = row
            tx.mark("variables")
        return row

    def delete(self, key: VariableKey, cas: int | None) -> int:
        """Forget a variable, known or not, and return the index. Raises: ConflictError."""
        self._check_cas(key, cas)
        with self._store.transaction("VariableApplied") as tx:
            self.rows.pop(key, None)
            tx.mark("variables")
        return self._store.index

    def _check_cas(self, key: VariableKey, cas: int | None) -> None:
        present = self.rows.get(key)
        if cas is None or cas == (present.modify_index if present else 0):
            return
        empty = {"Namespace": key[0], "Path": key[1], "Items": None, "ModifyIndex": 0}
        raise ConflictError(present.whole() if present else empty)


def _check(path: str, items: Mapping[str, str]) -> None:
    if not items:
        raise ApiError(400, "variable missing required Items object")
    if not _PATH.fullmatch(path):
        raise ApiError(400, f'RPC Error:: 400,invalid path "{path}"')
    own = any(path == top or path.startswith(f"{top}/") for top in _OWN_TOP)
    if path.split("/")[0] == "nomad" and not own:
        raise ApiError(
            400,
            'RPC Error:: 400,only paths at "nomad/jobs" or "nomad/job-templates" and below are '
            'valid paths under the top-level "nomad" directory',
        )
    size = sum(len(k.encode()) + len(v.encode()) for k, v in items.items())
    if size > MAX_BYTES:
        raise ApiError(400, "RPC Error:: 400,variables are limited to 64KiB in total size")
