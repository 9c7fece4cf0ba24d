"""`/system/functions`, `/system/function/{name}`, `/system/scale-function/{name}`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from faas_nomad.api.bodies import BadBodyError, json_body
from faas_nomad.api.services import Services, ServicesDep
from faas_nomad.model.openfaas import (
    DeleteFunctionRequest,
    FunctionDeployment,
    ScaleServiceRequest,
)
from faas_nomad.operations.errors import (
    NoSuchFunctionError,
    NoSuchNamespaceError,
    NotKnownYetError,
    OperationError,
)
from faas_nomad.state.backends import backend_name
from faas_nomad.state.records import JobKey
from faas_nomad.translate.regions import OWN, region_of

router = APIRouter()
DeploymentBody = Annotated[FunctionDeployment, Depends(json_body(FunctionDeployment))]
DeleteBody = Annotated[DeleteFunctionRequest, Depends(json_body(DeleteFunctionRequest))]
ScaleBody = Annotated[ScaleServiceRequest, Depends(json_body(ScaleServiceRequest))]


@router.get("/system/functions")
async def list_functions(services: ServicesDep, namespace: str = "", usage: str = "") -> Response:
    """Answer the namespace's functions from memory."""
    found = find_namespace(services, namespace)
    listed = services.rendered.list(found, with_usage=is_true(usage))
    return Response(listed, media_type="application/json")


@router.post("/system/functions", status_code=202, response_class=Response)
async def deploy_function(fn: DeploymentBody, services: ServicesDep) -> None:
    """Deploy a new function: 202 once Nomad holds the job, without waiting for a replica."""
    await services.operations.deploy(fn, _deployment_key(services, fn))
    await services.callers.settled(fn.service)


@router.put("/system/functions", status_code=202, response_class=Response)
async def update_function(fn: DeploymentBody, services: ServicesDep) -> None:
    """Replace a function. The 404 for an unknown one makes faas-cli go on to POST."""
    await services.operations.update(fn, _deployment_key(services, fn))
    await services.callers.settled(fn.service)


@router.delete("/system/functions", status_code=202, response_class=Response)
async def delete_function(body: DeleteBody, services: ServicesDep, namespace: str = "") -> None:
    """Remove a function; the body's namespace wins over the query's."""
    if not body.function_name:
        raise BadBodyError("functionName: empty, expected the function's name")
    key = _known_key(services, body.function_name, body.namespace or namespace)
    await services.operations.remove(key, body.function_name)
    await services.callers.settled(body.function_name)


@router.get("/system/function/{name}")
async def read_function(
    name: str, services: ServicesDep, namespace: str = "", usage: str = ""
) -> Response:
    """Answer one function's status from memory."""
    key = _key(services, name, namespace)
    status = services.rendered.status(key, with_usage=is_true(usage))
    if status is None:
        raise not_found(services, name)
    return Response(status, media_type="application/json")


@router.post("/system/scale-function/{name}", status_code=202, response_class=Response)
async def scale_function(
    name: str, body: ScaleBody, services: ServicesDep, namespace: str = ""
) -> None:
    """Set the number of replicas. The gateway puts the namespace in the query, SDKs in the body."""
    if body.service_name not in ("", name):
        raise BadBodyError(f"serviceName: {body.service_name!r}, expected {name!r} as in the path")
    key = _known_key(services, name, body.namespace or namespace)
    await services.scaling.set(key, name, body.replicas)
    await services.callers.settled(name)


def is_true(word: str) -> bool:
    """Tell whether a query's value means yes; clients send `1`, `true` and `false`."""
    return word.lower() in ("1", "t", "true")


def find_namespace(services: Services, namespace: str) -> str:
    """Return the Nomad namespace for what a caller gave.

    Raises:
        NotKnownYetError: Nomad was never reached.
        NoSuchNamespaceError: There is none, or it is not for functions.
    """
    if not services.functions.picture.is_known:
        raise NotKnownYetError(services.backends.add(backend_name(OWN)).last_error)
    nomad_namespace = services.names.to_nomad_namespace(namespace)
    if nomad_namespace not in services.functions.namespaces.names:
        raise NoSuchNamespaceError(namespace)
    return nomad_namespace


def not_found(services: Services, service: str) -> OperationError:
    """Return what stands against there being a function: none, or a region not heard of yet."""
    unseen = services.functions.picture.unseen_region
    if unseen is None:
        return NoSuchFunctionError(service)
    return NotKnownYetError(services.backends.add(backend_name(unseen)).last_error, unseen)


def _key(services: Services, service: str, namespace: str) -> JobKey:
    return services.functions.directory.key_of_service(service, find_namespace(services, namespace))


def _known_key(services: Services, service: str, namespace: str) -> JobKey:
    """Return the function's job; one that nobody knows may yet be in the own region."""
    key = _key(services, service, namespace)
    if services.functions.picture.unseen_region and services.functions.find(key) is None:
        raise not_found(services, service)
    return key


def _deployment_key(services: Services, fn: FunctionDeployment) -> JobKey:
    """Return the job of the function as it is, or else as it is to be.

    Raises:
        InvalidDeploymentError: It is for a region that is not followed.
    """
    key, region = _key(services, fn.service, fn.namespace), region_of(fn, services.names.regions)
    return key if services.functions.find(key) else key._replace(region=region)
