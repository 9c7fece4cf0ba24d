"""`/system/secrets`: names go out, values only come in."""

import base64
import binascii
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from faas_nomad.api.bodies import BadBodyError, BodyTooLargeError, decode, read_body
from faas_nomad.api.functions import find_namespace
from faas_nomad.api.services import ServicesDep
from faas_nomad.model.openfaas import Secret

router = APIRouter(prefix="/system/secrets")


async def _secret(request: Request, services: ServicesDep) -> Secret:
    try:
        return decode(Secret, await read_body(request, services.max_body_bytes))
    except BodyTooLargeError as err:
        raise BadBodyError(str(err)) from err


SecretBody = Annotated[Secret, Depends(_secret)]


@router.get("")
async def list_secrets(services: ServicesDep, namespace: str = "") -> list[dict[str, str]]:
    """Answer the names of a namespace's secrets."""
    found = find_namespace(services, namespace)
    called = services.names.openfaas_namespace(found)
    names = await services.secrets.names(found)
    return [{"name": name, "namespace": called} for name in names]


@router.post("", status_code=202, response_class=Response)
async def create_secret(body: SecretBody, services: ServicesDep, namespace: str = "") -> None:
    """Keep a new secret. The 409 for one that exists makes faas-cli's --replace go on to PUT."""
    found = find_namespace(services, body.namespace or namespace)
    await services.secrets.create(found, body.name, value_of(body))


@router.put("", status_code=202, response_class=Response)
async def update_secret(body: SecretBody, services: ServicesDep, namespace: str = "") -> None:
    """Replace a secret, also for the functions that run with it."""
    found = find_namespace(services, body.namespace or namespace)
    await services.secrets.update(found, body.name, value_of(body))


@router.delete("", status_code=202, response_class=Response)
async def delete_secret(body: SecretBody, services: ServicesDep, namespace: str = "") -> None:
    """Forget a secret; the body's namespace wins over the query's."""
    found = find_namespace(services, body.namespace or namespace)
    await services.secrets.delete(found, body.name)


def value_of(secret: Secret) -> bytes:
    """Return the secret's bytes; `rawValue` wins when it is not empty. Raises: BadBodyError.

    As in Go, base64 is padded and may hold line ends.
    """
    if not secret.raw_value:
        return secret.value.encode()
    try:
        folded = secret.raw_value.replace("\r", "").replace("\n", "")
        return base64.b64decode(folded, validate=True)
    except (binascii.Error, ValueError):
        raise BadBodyError("rawValue: the value is not base64") from None
