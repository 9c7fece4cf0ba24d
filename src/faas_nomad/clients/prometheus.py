"""Prometheus' HTTP API: the value of one query now.

Source: prometheus `web/api/v1/api.go` (instant queries, `/api/v1/query`).
"""

import math

from faas_nomad.clients.errors import expected
from faas_nomad.clients.http import Backend


class Prometheus:
    """Raises `clients.errors.BackendError` and nothing else."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def value(self, query: str) -> float | None:
        """Return the sum of what the query yields now; None when it yields nothing."""
        params = {"query": query}
        response = await self._backend.request("GET", "/api/v1/query", params=params)
        with expected("Prometheus' answer"):
            result = response.json()["data"]["result"]
            if not isinstance(result, list):
                raise TypeError("no vector")
            found = [float(one["value"][1]) for one in result]
        finite = [value for value in found if math.isfinite(value)]
        total = sum(finite)
        return total if finite and math.isfinite(total) else None

    async def close(self) -> None:
        """End the connections."""
        await self._backend.client.aclose()
