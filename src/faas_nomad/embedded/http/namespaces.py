"""`/v1/namespaces` and `/v1/namespace/…`."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from faas_nomad.embedded.decoding import NAMESPACE
from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.http.replies import answer, body_of, empty_answer, wait_for_index


class NamespaceRoutes:
    """The namespace endpoints of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._namespaces = engine.cluster.namespaces

    def routes(self) -> list[Route]:
        """Return the routes."""
        one = "/v1/namespace/{name}"
        return [
            Route("/v1/namespaces", self.list_namespaces, methods=["GET"]),
            Route("/v1/namespace", self.put, methods=["POST", "PUT"]),
            Route(one, self.read, methods=["GET"]),
            Route(one, self.put, methods=["POST", "PUT"]),
            Route(one, self.delete, methods=["DELETE"]),
        ]

    async def list_namespaces(self, request: Request) -> Response:
        """Answer all namespaces, or those that begin with the query's prefix."""
        await wait_for_index(request, self._engine, self._index)
        prefix = request.query_params.get("prefix") or ""
        rows = sorted(self._namespaces.rows.items())
        return answer([row for name, row in rows if name.startswith(prefix)], self._index())

    async def read(self, request: Request) -> Response:
        """Answer one namespace."""
        row = self._namespaces.read(request.path_params["name"])
        return answer(row, row["ModifyIndex"])

    async def put(self, request: Request) -> Response:
        """Create or replace a namespace."""
        posted = await body_of(request, NAMESPACE)
        name = request.path_params.get("name") or ""
        return empty_answer(self._engine.write(lambda _now_ns: self._namespaces.put(name, posted)))

    async def delete(self, request: Request) -> Response:
        """Forget a namespace that nothing is in."""
        name, cluster = request.path_params["name"], self._engine.cluster
        return empty_answer(self._engine.write(lambda _now_ns: cluster.delete_namespace(name)))

    def _index(self) -> int:
        return self._engine.cluster.store.table_index["namespaces"]
