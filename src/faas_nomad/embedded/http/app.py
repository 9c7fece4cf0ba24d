"""All routes of the stand-in as one ASGI application."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.http.agent import Agent
from faas_nomad.embedded.http.allocations import Allocations
from faas_nomad.embedded.http.deployments import Deployments
from faas_nomad.embedded.http.events import Events
from faas_nomad.embedded.http.guard import LocalCallersOnly
from faas_nomad.embedded.http.jobs import Jobs
from faas_nomad.embedded.http.logs import Logs
from faas_nomad.embedded.http.namespaces import NamespaceRoutes
from faas_nomad.embedded.http.replies import refusal
from faas_nomad.embedded.http.variables import VariableRoutes


def http_app(engine: Engine, address: str) -> Starlette:
    """Return the application; `address` is what it names as its leader."""
    parts = (
        Jobs(engine),
        Allocations(engine),
        Deployments(engine),
        NamespaceRoutes(engine),
        VariableRoutes(engine),
        Events(engine),
        Logs(engine),
        Agent(engine, address),
    )
    return Starlette(
        routes=[route for part in parts for route in part.routes()],
        middleware=[Middleware(LocalCallersOnly)],
        exception_handlers={ApiError: refusal, HTTPException: _unknown},
    )


async def _unknown(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    text = "Invalid method" if status == 405 else ""
    return PlainTextResponse(text, status)
