"""Nomad's namespaces."""

from typing import Any, cast
from urllib.parse import quote

from faas_nomad.clients.nomad_calls import Indexed, NomadCalls


class NamespaceCalls(NomadCalls):
    """Reads and writes of namespaces."""

    async def list_namespaces(
        self, after_index: int = 0, wait_s: float = 0.0
    ) -> Indexed[dict[str, Any]]:
        """Return the namespaces that the token can see.

        With `after_index`, answer once any namespace was written after it, or `wait_s` are over.
        """
        if not after_index:
            return await self._list("/v1/namespaces", {})
        params = {"index": str(after_index), "wait": f"{wait_s:.0f}s"}
        # Nomad waits up to a sixteenth longer, so that not all who wait come back at once.
        return await self._list("/v1/namespaces", params, timeout_s=wait_s * 1.1 + 10)

    async def read_namespace(self, name: str) -> dict[str, Any]:
        """Return a namespace. Raises: NotFoundError."""
        return cast(dict[str, Any], await self._call("GET", _namespace_path(name), {}))

    async def write_namespace(self, namespace: dict[str, Any]) -> None:
        """Create the namespace or replace it wholly; needs a management token."""
        path = _namespace_path(str(namespace["Name"]))
        await self.backend.request("PUT", path, params=self._region, json=namespace)

    async def delete_namespace(self, name: str) -> None:
        """Forget a namespace; needs a management token. Raises: RejectedError: it is in use."""
        await self.backend.request("DELETE", _namespace_path(name), params=self._region)


def _namespace_path(name: str) -> str:
    return f"/v1/namespace/{quote(name, safe='')}"
