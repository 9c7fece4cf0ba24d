"""HTTP Basic, as OpenFaaS has it: one pair of credentials, compared in constant time."""

import base64
import binascii
import hmac

from fastapi import HTTPException, Request

from faas_nomad.api.errors import CHALLENGE, WRONG_CREDENTIALS
from faas_nomad.api.services import BasicAuth, ServicesDep


async def require_credentials(request: Request, services: ServicesDep) -> None:
    """Let the call pass when authentication is off or the header is right; else answer 401."""
    wanted = services.basic_auth
    if wanted and not is_authorized(request.headers.get("authorization", ""), wanted):
        raise HTTPException(401, WRONG_CREDENTIALS, CHALLENGE)


def is_authorized(header: str, wanted: BasicAuth) -> bool:
    """Tell whether an Authorization header carries `wanted`; pure."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(given, f"{wanted.user}:{wanted.password}".encode())
