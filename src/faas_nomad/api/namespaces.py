"""`/system/namespaces` and `/system/namespace/{name}`.

Clients post to `/system/namespace/` with the name in the body; the others have it in the path too.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from faas_nomad.api.bodies import BadBodyError, decode, read_body
from faas_nomad.api.services import ServicesDep
from faas_nomad.model.openfaas import FunctionNamespace
from faas_nomad.translate.errors import quoted

router = APIRouter()
_ONE = "/system/namespace/{name:path}"
_WITHOUT_NAME = "/system/namespace"


async def _namespace(request: Request, services: ServicesDep) -> FunctionNamespace:
    """Read the body, which may be empty where the path has the name."""
    body = await read_body(request, services.max_body_bytes)
    found = decode(FunctionNamespace, body or b"{}")
    name = str(request.path_params.get("name") or "")
    if not name and not found.name:
        raise BadBodyError("name: empty, expected the namespace's name")
    if name and found.name not in ("", name):
        raise BadBodyError(f"name: {quoted(found.name)}, expected {quoted(name)} as in the path")
    return found.model_copy(update={"name": name or found.name})


NamespaceBody = Annotated[FunctionNamespace, Depends(_namespace)]


@router.get("/system/namespaces")
async def list_namespaces(services: ServicesDep) -> list[str]:
    """Answer the namespaces for functions; a gateway asks every 5 s."""
    names = services.names
    return sorted(names.openfaas_namespace(found) for found in services.functions.namespaces.names)


@router.get(_ONE)
async def read_namespace(name: str, services: ServicesDep) -> FunctionNamespace:
    """Answer a namespace with its labels and annotations."""
    if not name:
        raise BadBodyError("name: empty, expected the namespace's name")
    return await services.namespaces.read(name)


@router.post(_WITHOUT_NAME, status_code=201, response_class=Response)
@router.post(_ONE, status_code=201, response_class=Response)
async def create_namespace(body: NamespaceBody, services: ServicesDep) -> None:
    """Make a namespace; functions can be deployed to it at once."""
    await services.namespaces.create(body)


@router.put(_ONE, status_code=202, response_class=Response)
async def update_namespace(body: NamespaceBody, services: ServicesDep) -> None:
    """Replace a namespace's labels and annotations."""
    await services.namespaces.update(body)


@router.delete(_ONE, status_code=202, response_class=Response)
async def delete_namespace(body: NamespaceBody, services: ServicesDep) -> None:
    """Forget an empty namespace."""
    await services.namespaces.delete(body.name)
