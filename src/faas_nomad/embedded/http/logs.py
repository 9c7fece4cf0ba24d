"""`/v1/client/fs/logs/:alloc`."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.http.replies import flag
from faas_nomad.embedded.node.logs import LogQuery, read_log
from faas_nomad.embedded.records import Alloc, group_of


class Logs:
    """The log endpoint of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("/v1/client/fs/logs/{alloc_id}", self.read, methods=["GET"])]

    async def read(self, request: Request) -> Response:
        """Answer a task's log: plain bytes or frames, once or followed."""
        task, kind, query = _asked(request)
        alloc_id = request.path_params["alloc_id"]
        alloc = self._engine.cluster.store.allocs.get(alloc_id)
        if alloc is None:
            raise ApiError(404, f'Unknown allocation "{alloc_id}"')
        _check_task(alloc, task)
        file = self._engine.node.folders(alloc_id).log_file(task, kind)
        media = "text/plain" if query.plain else "application/json"
        return StreamingResponse(read_log(file, query), media_type=media)


def _asked(request: Request) -> tuple[str, str, LogQuery]:
    asked = request.query_params
    task, kind, origin = asked.get("task"), asked.get("type"), asked.get("origin") or "start"
    if not task:
        raise ApiError(400, "must provide task name")
    follow = flag(request, "follow")
    if kind not in ("stdout", "stderr"):
        raise ApiError(400, "must provide log type (stdout/stderr)")
    if origin not in ("start", "end"):
        raise ApiError(400, "origin must be start or end")
    text = asked.get("offset") or "0"
    if not text.isascii() or not text.isdigit():
        problem = f'strconv.ParseInt: parsing "{text}": invalid syntax'
        raise ApiError(400, f"error parsing offset: {problem}")
    plain = flag(request, "plain")
    return task, kind, LogQuery(int(text), origin == "end", follow, plain)


def _check_task(alloc: Alloc, task: str) -> None:
    group = group_of(alloc.job, alloc.group) or {"Tasks": []}
    if task not in (t["Name"] for t in group["Tasks"]):
        raise ApiError(400, f'unknown task name "{task}"')
    state = (alloc.task_states or {}).get(task)
    if state is None or not state.started_ns:
        raise ApiError(404, f'task "{task}" not started yet. No logs available')
