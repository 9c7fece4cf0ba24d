"""How Nomad is asked and answers: the region of a call, lists with their index, JSON."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from faas_nomad.clients.http import Backend
from faas_nomad.clients.shapes import Shape
from faas_nomad.clients.whole_answers import Answer

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
        self,
        path: str,
        params: dict[str, str],
        shape: Shape[list[T]],
        timeout_s: float | None = None,
    ) -> Indexed[T]:
        answer = await self.backend.request(
            "GET", path, params={**self._region, **params}, timeout_s=timeout_s
        )
        return indexed(answer, shape)

    async def _call(
        self,
        method: str,
        path: str,
        params: dict[str, str],
        shape: Shape[T],
        body: object = None,
        *,
        repeatable: bool = True,
    ) -> T:
        answer = await self.backend.request(
            method, path, params={**self._region, **params}, json=body, repeatable=repeatable
        )
        return shaped(answer, shape)


def shaped(answer: Answer, shape: Shape[T]) -> T:
    """Return what is answered. Raises: UnexpectedReplyError."""
    return shape.of(answer.json(), answer.whose)


def indexed(answer: Answer, shape: Shape[list[T]]) -> Indexed[T]:
    """Return the list that is answered. Raises: UnexpectedReplyError."""
    return Indexed(shaped(answer, shape), answer.index("X-Nomad-Index"))
