"""The same for many, when one that fails is no reason to leave the others out."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from faas_nomad.clients.errors import BackendError, UnreachableError

T = TypeVar("T")


async def each(action: Callable[[T], Awaitable[None]], over: Iterable[T]) -> list[BackendError]:
    """Do `action` to one after the other; return why it failed for some.

    A back end that is away ends it, as every further call would only wait for it.
    """
    failed: list[BackendError] = []
    for one in over:
        try:
            await action(one)
        except UnreachableError as err:
            return [*failed, err]
        except BackendError as err:
            failed.append(err)
    return failed


def raise_first(failed: Iterable[BackendError]) -> None:
    """Raise the first of `failed`, if there is one."""
    for failure in failed:
        raise failure
