"""Namespaces, as Nomad keeps them. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.rules_parts import as_text
from faas_nomad.embedded.store import Store

DEFAULT = "default"
_NAME = re.compile(r"[a-zA-Z0-9-]{1,128}")
MAX_DESCRIPTION_CHARS = 256


class Namespaces:
    """The namespaces by name; `default` is there from the start."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rows: dict[str, dict[str, Any]] = {
            DEFAULT: _row(DEFAULT, {"Description": "Default shared namespace"}, 1, 1)
        }

    def read(self, name: str) -> dict[str, Any]:
        """Return a namespace. Raises: ApiError 404."""
        if name not in self.rows:
            raise ApiError(404, "Namespace not found")
        return self.rows[name]

    def put(self, path_name: str, posted: Mapping[str, Any]) -> int:
        """Create or replace a namespace and return the index of the write."""
        name = posted.get("Name") or ""
        if path_name and name != path_name:
            raise ApiError(400, "Namespace name does not match request path")
        if not _NAME.fullmatch(name):
            problem = f'invalid name "{name}". Must match regex ^[a-zA-Z0-9-]{{1,128}}$'
            raise ApiError(500, f'Invalid namespace "{name}": {as_text([problem])}')
        if len(posted.get("Description") or "") > MAX_DESCRIPTION_CHARS:
            problem = f"description longer than {MAX_DESCRIPTION_CHARS}"
            raise ApiError(500, f'Invalid namespace "{name}": {as_text([problem])}')
        with self._store.transaction("NamespaceUpserted") as tx:
            created = self.rows[name]["CreateIndex"] if name in self.rows else tx.index
            self.rows[name] = _row(name, posted, created, tx.index)
            tx.mark("namespaces")
        return self._store.index

    def delete(self, name: str, uses: Sequence[str]) -> int:
        """Forget a namespace and return the index; `uses` are the kinds of things still in it."""
        if name == DEFAULT:
            raise ApiError(500, "can not delete default namespace")
        if name not in self.rows:
            raise ApiError(500, "namespace not found")
        if uses:
            problems = [f'namespace "{name}" has {use} in regions: [global]' for use in uses]
            raise ApiError(500, as_text(problems))
        with self._store.transaction("NamespaceDeleted") as tx:
            del self.rows[name]
            tx.mark("namespaces")
        return self._store.index


def _row(name: str, posted: Mapping[str, Any], created: int, modified: int) -> dict[str, Any]:
    return {
        "Capabilities": posted.get("Capabilities"),
        "ConsulConfiguration": None,
        "CreateIndex": created,
        "Description": posted.get("Description") or "",
        "Meta": posted.get("Meta"),
        "ModifyIndex": modified,
        "Name": name,
        "NodePoolConfiguration": None,
        "Quota": posted.get("Quota") or "",
        "VaultConfiguration": None,
    }
