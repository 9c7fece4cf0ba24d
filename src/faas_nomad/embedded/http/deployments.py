"""`/v1/deployment(s)/…` and `/v1/evaluation(s)/…`."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.http.replies import ANY, answer, namespace_of, wait_for_index
from faas_nomad.embedded.views import deployment_view, evaluation_view


class Deployments:
    """The deployment and evaluation endpoints of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store = engine.cluster.store

    def routes(self) -> list[Route]:
        """Return the routes."""
        one = "/v1/deployment/{deployment_id}"
        return [
            Route("/v1/deployments", self.list_deployments, methods=["GET"]),
            Route("/v1/deployment/fail/{deployment_id}", self.fail, methods=["POST", "PUT"]),
            Route("/v1/deployment/promote/{deployment_id}", self.promote, methods=["POST", "PUT"]),
            Route(one, self.read, methods=["GET"]),
            Route("/v1/evaluations", self.list_evaluations, methods=["GET"]),
            Route("/v1/evaluation/{eval_id}", self.read_evaluation, methods=["GET"]),
        ]

    async def list_deployments(self, request: Request) -> Response:
        """Answer all deployments of a namespace, or of all."""
        await wait_for_index(request, self._engine, self._index)
        namespace = namespace_of(request)
        rows = self._store.deployments.values()
        found = [deployment_view(row) for row in rows if namespace in (ANY, row.key[0])]
        return answer(found, self._index())

    async def read(self, request: Request) -> Response:
        """Answer one deployment."""
        await wait_for_index(request, self._engine, lambda: self._modify_index(request))
        row = self._store.deployments.get(request.path_params["deployment_id"])
        if row is None:
            raise ApiError(404, "deployment not found")
        return answer(deployment_view(row), row.modify_index)

    async def fail(self, request: Request) -> Response:
        """Give a deployment up."""
        watcher, deployment_id = self._engine.cluster.watcher, request.path_params["deployment_id"]
        reply = self._engine.write(lambda now_ns: watcher.fail(deployment_id, now_ns))
        return answer(reply, self._store.index)

    async def promote(self, request: Request) -> Response:
        """Take a deployment's canaries over."""
        watcher, deployment_id = self._engine.cluster.watcher, request.path_params["deployment_id"]
        reply = self._engine.write(lambda now_ns: watcher.promote(deployment_id, now_ns))
        return answer(reply, self._store.index)

    async def list_evaluations(self, request: Request) -> Response:
        """Answer all evaluations of a namespace, or of all."""
        namespace = namespace_of(request)
        rows = self._store.evaluations.values()
        found = [evaluation_view(row) for row in rows if namespace in (ANY, row.namespace)]
        return answer(found, self._store.table_index["evals"])

    async def read_evaluation(self, request: Request) -> Response:
        """Answer one evaluation."""
        row = self._store.evaluations.get(request.path_params["eval_id"])
        if row is None:
            raise ApiError(404, "eval not found")
        return answer(evaluation_view(row), row.modify_index)

    def _index(self) -> int:
        return self._store.table_index["deployment"]

    def _modify_index(self, request: Request) -> int:
        row = self._store.deployments.get(request.path_params["deployment_id"])
        return row.modify_index if row else self._index()
