"""Nomad's namespaces."""

from typing import Any
from urllib.parse import quote

from faas_nomad.clients.nomad_calls import Indexed, NomadCalls
from faas_nomad.clients.shapes import Shape
from faas_nomad.model.nomad_cluster import Namespace

_NAMESPACE: Shape[dict[str, Any]] = Shape(Namespace)
_NAMESPACES: Shape[list[dict[str, Any]]] = Shape(list[Namespace])


class NamespaceCalls(NomadCalls):
    """Reads and writes of namespaces."""

    async def list_namespaces(
        self, after_index: int = 0, wait_s: float = 0.0
    ) -> Indexed[dict[str, Any]]:
        """Return the namespaces that the token can see.

        With `after_index`, answer once any namespace was written after it, or `wait_s` are over.
        """
        if not after_index:
            return await self._list("/v1/namespaces", {}, _NAMESPACES)
        params = {"index": str(after_index), "wait": f"{wait_s:.0f}s"}
        # Nomad waits up to a sixteenth longer, so that not all who wait come back at once.
        within_s = wait_s * 1.1 + 10
        return await self._list("/v1/namespaces", params, _NAMESPACES, timeout_s=within_s)

    async def read_namespace(self, name: str) -> dict[str, Any]:
        """Return a namespace. Raises: NotFoundError."""
        return await self._call("GET", _namespace_path(name), {}, _NAMESPACE)

    async def write_namespace(self, namespace: dict[str, Any]) -> None:
        """Create the namespace or replace it wholly; needs a management token."""
        path = _namespace_path(str(namespace["Name"]))
        await self.backend.request("PUT", path, params=self._region, json=namespace)

    async def delete_namespace(self, name: str) -> None:
        """Forget a namespace; needs a management token. Raises: RejectedError: it is in use."""
        await self.backend.request("DELETE", _namespace_path(name), params=self._region)


def _namespace_path(name: str) -> str:
    return f"/v1/namespace/{quote(name, safe='')}"
