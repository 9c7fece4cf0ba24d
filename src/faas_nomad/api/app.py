"""The control plane's ASGI application."""

import time

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

import faas_nomad
from faas_nomad.api import alerts, functions, info, namespaces, secrets
from faas_nomad.api.auth import require_credentials
from faas_nomad.api.call_log import LoggedCalls
from faas_nomad.api.errors import install_error_handlers
from faas_nomad.api.logs import LogsFirst
from faas_nomad.api.requests_metrics import MeasuredRequests
from faas_nomad.api.services import Services


def control_plane(services: Services) -> ASGIApp:
    """Return the application that answers everything but invocations."""
    return LogsFirst(application(services), services)


def application(services: Services) -> FastAPI:
    """Return the part of it that answers everything but logs, too."""
    app = FastAPI(
        title="faas-nomad",
        version=faas_nomad.__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    app.include_router(functions.router, dependencies=[Depends(require_credentials)])
    app.include_router(alerts.router, dependencies=[Depends(require_credentials)])
    app.include_router(secrets.router, dependencies=[Depends(require_credentials)])
    app.include_router(namespaces.router, dependencies=[Depends(require_credentials)])
    app.include_router(info.system)
    app.include_router(info.open_to_all)
    install_error_handlers(app)
    app.add_middleware(MeasuredRequests, metrics=services.calls, now_s=time.monotonic)
    app.add_middleware(LoggedCalls)
    return app
