"""How Nomad is asked and answers: the region of a call, lists with their index, JSON."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx

from faas_nomad.clients.errors import UnexpectedReplyError
from faas_nomad.clients.http import Backend

ALL_NAMESPACES = "*"
T = TypeVar("T")


@dataclass(frozen=True)
class Indexed(Generic[T]):
    """A list and the Raft index it was read at."""

    items: list[T]
    raft_index: int


class NomadCalls:
    """What the calls of each of Nomad's resources are made with."""

    def __init__(self, backend: Backend, *, region: str = "") -> None:
        self.backend = backend
        self.region = region
        self._region = {"region": region} if region else {}

    async def _list(
        self, path: str, params: dict[str, str], timeout_s: float | None = None
    ) -> Indexed[Any]:
        response = await self.backend.request(
            "GET", path, params={**self._region, **params}, timeout_s=timeout_s
        )
        return indexed(path, response)

    async def _call(
        self,
        method: str,
        path: str,
        params: dict[str, str],
        body: object = None,
        *,
        repeatable: bool = True,
    ) -> Any:
        response = await self.backend.request(
            method, path, params={**self._region, **params}, json=body, repeatable=repeatable
        )
        return decoded_json(response)


def indexed(path: str, response: httpx.Response) -> Indexed[Any]:
    """Return the list that is answered. Raises: UnexpectedReplyError."""
    items = decoded_json(response)
    if items is not None and not isinstance(items, list):
        raise UnexpectedReplyError(f"Nomad's {path} is no list")
    return Indexed(items or [], int(response.headers.get("X-Nomad-Index") or 0))


def decoded_json(response: httpx.Response) -> Any:
    """Return the answer's JSON. Raises: UnexpectedReplyError."""
    try:
        return response.json()
    except ValueError as err:
        raise UnexpectedReplyError(f"Nomad's answer to {response.url.path} is no JSON") from err
