"""The one place where what a back end says is held to what its API promises.

Whatever gets past here is of the types in `model`, and may be kept and sent on; a list is taken as
a whole or not at all.
"""

from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from faas_nomad.clients.errors import UnexpectedReplyError

MAX_PLACE_CHARS = 100
T = TypeVar("T")


class Shape(Generic[T]):
    """One type of `model`, and how it is looked for in an answer; keys beside it are left."""

    def __init__(self, type_: Any) -> None:
        self._type = type_
        self._adapter: TypeAdapter[Any] | None = None

    def of(self, found: Any, whose: str) -> T:
        """Return `found`, which has this shape. Raises: UnexpectedReplyError."""
        if self._adapter is None:  # at the first answer: a start need not wait for all of them
            self._adapter = TypeAdapter(self._type)
        try:
            self._adapter.validate_python(found, strict=True)
        except ValidationError as err:
            # From none: what it would show of the answer may be secret.
            raise UnexpectedReplyError(f"{whose} is not as promised: {_first(err)}") from None
        return cast(T, found)


def _first(err: ValidationError) -> str:
    """Return where the first thing that is wrong is, and what was expected there; no value."""
    first = err.errors(include_url=False, include_input=False)[0]
    place = "".join(c if c.isprintable() else "?" for c in ".".join(map(str, first["loc"])))
    expected = first["type"].replace("_", " ")
    return f"{place[:MAX_PLACE_CHARS]}: {expected}" if place else expected
