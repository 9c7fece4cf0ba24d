"""Request bodies → wire models, as Go providers read them: whatever the Content-Type says."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from pydantic import ValidationError
from pydantic_core import from_json

from faas_nomad.api.services import ServicesDep
from faas_nomad.model.openfaas import WireModel

M = TypeVar("M", bound=WireModel)
MAX_FIELD_CHARS = 80


class BadBodyError(ValueError):
    """The body is not what the call takes; names the field and what was expected."""


class BodyTooLargeError(ValueError):
    """The body is over the limit."""


def json_body(model: type[M]) -> Callable[..., Awaitable[M]]:
    """Return a dependency that reads the body as `model`.

    Raises (when called): BadBodyError, BodyTooLargeError.
    """

    async def read(request: Request, services: ServicesDep) -> M:
        return decode(model, await read_body(request, services.max_body_bytes))

    return read


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the whole body, chunked or counted. Raises: BodyTooLargeError."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise BodyTooLargeError(f"body: over {max_bytes} bytes")
    return bytes(body)


def decode(model: type[M], body: bytes) -> M:
    """Return the body as `model`; pure. Raises: BadBodyError."""
    try:
        from_json(body, allow_inf_nan=False)  # strict; its words have nothing of the body
        data = json.loads(body, object_pairs_hook=_object)
    except ValueError as err:
        raise BadBodyError(f"body: no JSON ({err}), expected a JSON object") from None
    if not isinstance(data, dict):
        raise BadBodyError(f"body: a JSON {_kind(data)}, expected a JSON object")
    try:
        return model.model_validate(data)
    except ValidationError as err:
        raise BadBodyError(_first_problem(err)) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse what readers disagree on: a gateway in front may have let another value pass."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object with a key that is there twice")
    return found


def _first_problem(err: ValidationError) -> str:
    """Values are left out: they may be secret."""
    first = err.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part != "[key]") or "body"
    printable = "".join(c if c.isprintable() else "?" for c in where)[:MAX_FIELD_CHARS]
    expected = first["msg"].removeprefix("Input should be ")
    return f"{printable}: a JSON {_kind(first['input'])}, expected {expected}"


def _kind(value: Any) -> str:
    kinds = {str: "string", bool: "boolean", int: "number", float: "number", list: "array"}
    return "null" if value is None else kinds.get(type(value), "object")
