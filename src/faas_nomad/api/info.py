"""`/system/info`, `/healthz`, `/readyz` and `/metrics`."""

import json
import platform
from typing import Any

from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import StreamingResponse

import faas_nomad
from faas_nomad.api.auth import require_credentials
from faas_nomad.api.exposition import CONTENT_TYPE
from faas_nomad.api.services import Services, ServicesDep

GATEWAY = "gateway"
"""What the data path puts into `X-Faas-Nomad-Address` for calls to the gateway address."""

system = APIRouter(dependencies=[Depends(require_credentials)])
open_to_all = APIRouter()


@system.get("/system/info")
async def info(x_faas_nomad_address: str = Header(default="")) -> dict[str, Any]:
    """Answer in the gateway's shape on the gateway address, else in the provider's.

    Their `provider` differs: an object there, a string here, and faas-cli wants the former.
    """
    provider = {
        "provider": "faas-nomad",
        "orchestration": "nomad",
        "version": {"release": faas_nomad.__version__, "sha": faas_nomad.__commit__},
    }
    if x_faas_nomad_address != GATEWAY:
        return provider
    return {"provider": provider, "version": provider["version"], "arch": platform.machine()}


@open_to_all.api_route("/healthz", methods=["GET", "HEAD"])
async def health(services: ServicesDep, detail: str = "") -> Response:
    """Answer 200 while the process serves; `?detail=1` tells how the back ends stand.

    503 from the moment that it is told to stop.
    """
    status = 503 if services.lifecycle.is_stopping else 200
    if detail not in ("1", "true"):
        return Response(status_code=status)
    text = json.dumps(describe_health(services))
    return Response(text, status_code=status, media_type="application/json")


@open_to_all.api_route("/readyz", methods=["GET", "HEAD"])
async def ready(services: ServicesDep) -> Response:
    """Answer 200 while callers are welcome: all functions are known and no stop is near; else 503.

    For balancers. While Nomad is away it stays 200, as invocations go on.
    """
    reason = why_not_ready(services)
    text = f"{reason}\n" if reason else ""
    return Response(text, status_code=503 if reason else 200, media_type="text/plain")


@open_to_all.get("/metrics")
async def metrics(services: ServicesDep) -> Response:
    """Answer all metrics in Prometheus' text form."""
    return StreamingResponse(services.exposition.pieces(), media_type=CONTENT_TYPE)


def why_not_ready(services: Services) -> str:
    """Return why balancers should send callers elsewhere; empty when they need not."""
    if services.lifecycle.is_stopping:
        return "The service is stopping."
    if not services.functions.picture.is_known:
        return "Functions are not known yet: Nomad has not answered."
    return ""


def describe_health(services: Services) -> dict[str, Any]:
    """Return what `/healthz?detail=1` answers; error texts never hold secrets."""
    now_s = services.now_s()
    states = services.backends.by_name.values()
    return {
        "functions": len(services.functions.picture.jobs),
        "backends": {state.name: state.describe(now_s) for state in states},
    }
