"""`/v1/allocations` and `/v1/allocation/…`."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from faas_nomad.embedded.alloc_views import alloc_stub, alloc_whole
from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.filters import parse_filter
from faas_nomad.embedded.http.replies import ANY, answer, flag, namespace_of, wait_for_index


class Allocations:
    """The allocation endpoints of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/allocations", self.list_allocations, methods=["GET"]),
            Route("/v1/allocation/{alloc_id}", self.read, methods=["GET"]),
        ]

    async def list_allocations(self, request: Request) -> Response:
        """Answer the stubs of all allocations that match."""
        query = request.query_params
        await wait_for_index(request, self._engine, self._index)
        passes = parse_filter(query.get("filter") or "")
        with_resources = flag(request, "resources")
        with_states = flag(request, "task_states", default=True)
        namespace, prefix = namespace_of(request), query.get("prefix") or ""
        node = self._engine.cluster.node
        stubs = (
            alloc_stub(alloc, node, with_resources=with_resources, with_states=with_states)
            for alloc in self._engine.cluster.store.allocs.values()
            if namespace in (ANY, alloc.namespace) and alloc.id.startswith(prefix)
        )
        return answer([stub for stub in stubs if passes(stub)], self._index())

    async def read(self, request: Request) -> Response:
        """Answer one allocation with its job."""
        alloc = self._engine.cluster.store.allocs.get(request.path_params["alloc_id"])
        if alloc is None:
            raise ApiError(404, "alloc not found")
        return answer(alloc_whole(alloc, self._engine.cluster.node), alloc.modify_index)

    def _index(self) -> int:
        return self._engine.cluster.store.table_index["allocs"]
