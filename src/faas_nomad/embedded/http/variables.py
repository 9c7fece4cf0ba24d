"""`/v1/vars` and `/v1/var/…`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from faas_nomad.embedded.decoding import VARIABLE
from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.http.replies import (
    answer,
    body_of,
    index_headers,
    namespace_of,
    wait_for_index,
)
from faas_nomad.embedded.variables import ConflictError, VariableKey


class VariableRoutes:
    """The variable endpoints of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._variables = engine.cluster.variables

    def routes(self) -> list[Route]:
        """Return the routes."""
        one = "/v1/var/{path:path}"
        return [
            Route("/v1/vars", self.list_variables, methods=["GET"]),
            Route(one, self.read, methods=["GET"]),
            Route(one, self.put, methods=["POST", "PUT"]),
            Route(one, self.delete, methods=["DELETE"]),
        ]

    async def list_variables(self, request: Request) -> Response:
        """Answer the metadata of variables, never their items."""
        await wait_for_index(request, self._engine, self._index)
        prefix = request.query_params.get("prefix") or ""
        found = self._variables.listed(namespace_of(request), prefix)
        return answer([variable.metadata() for variable in found], self._index())

    async def read(self, request: Request) -> Response:
        """Answer one variable with its items."""
        key = _key(request)
        await wait_for_index(request, self._engine, lambda: self._modify_index(key))
        variable = self._variables.read(key)
        return answer(variable.whole(), variable.modify_index)

    async def put(self, request: Request) -> Response:
        """Write a variable, if it is as the caller believes."""
        posted = await body_of(request, VARIABLE)
        key, cas, items = _key(request), _cas(request), posted.get("Items") or {}
        try:
            row = self._engine.write(lambda now_ns: self._variables.put(key, items, cas, now_ns))
        except ConflictError as err:
            return _conflict(err)
        self._engine.node.variables_changed(key[0])
        return answer(row.whole(), row.modify_index)

    async def delete(self, request: Request) -> Response:
        """Forget a variable, if it is as the caller believes."""
        key, cas = _key(request), _cas(request)
        try:
            index = self._engine.write(lambda _now_ns: self._variables.delete(key, cas))
        except ConflictError as err:
            return _conflict(err)
        return Response(status_code=204, headers={"X-Nomad-Index": str(index)})

    def _index(self) -> int:
        return self._engine.cluster.store.table_index["variables"]

    def _modify_index(self, key: VariableKey) -> int:
        variable = self._variables.rows.get(key)
        return variable.modify_index if variable else self._index()


def _key(request: Request) -> VariableKey:
    path = request.path_params["path"]
    if not path:
        raise ApiError(400, "missing variable path")
    return namespace_of(request), path


def _cas(request: Request) -> int | None:
    text = request.query_params.get("cas")
    if text is None or text == "":
        return None
    if not text.isascii() or not text.isdigit():
        raise ApiError(
            400, f'can not parse cas: strconv.ParseUint: parsing "{text}": invalid syntax'
        )
    return int(text)


def _conflict(error: ConflictError) -> Response:
    index = int(error.present["ModifyIndex"])
    return JSONResponse(error.present, 409, headers=index_headers(index))
