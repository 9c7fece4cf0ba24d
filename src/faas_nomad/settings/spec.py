"""What the page says of one setting besides its type. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from faas_nomad.settings.kinds import Kind

T = TypeVar("T")
_KEY = "setting"


@dataclass(frozen=True)
class Alias:
    """Another name for a setting; an `inverted` one says the opposite (verify, skip_verify)."""

    name: str
    inverted: bool = False


@dataclass(frozen=True)
class Spec:
    """One setting: `name` is its key in a file and, in either case, its environment variable."""

    name: str
    kind: Kind[Any]
    default: object
    about: str
    aliases: tuple[Alias, ...]
    secret: bool
    env: tuple[str, ...]
    """The environment variables that are read, own name first."""
    reloads: bool = False
    """Whether a change is taken while serving; see `settings.reload`."""

    @property
    def flag(self) -> str:
        """Return the command-line flag, e.g. `--job-driver`."""
        return "--" + self.name.replace("_", "-")

    def shown(self, value: object) -> str:
        """Return `value` as a user would write it; a secret only as whether it is set."""
        if self.secret:
            return "(set)" if value else ""
        return self.kind.show(value)


def setting(
    name: str,
    default: T,
    kind: Kind[T],
    about: str,
    *,
    aliases: tuple[str | Alias, ...] = (),
    secret: bool = False,
    env: tuple[str, ...] = (),
    reloads: bool = False,
) -> T:
    """Return a dataclass field for a setting; secrets stay out of its `repr`.

    `env` narrows the variables read, for names that others use for something else.
    """
    named = tuple(Alias(alias) if isinstance(alias, str) else alias for alias in aliases)
    names = (name, *(alias.name for alias in named))
    variables = env or tuple(spelling for one in names for spelling in (one, one.upper()))
    spec = Spec(name, kind, default, about, named, secret, variables, reloads)
    return field(default=default, repr=not secret, metadata={_KEY: spec})


def specs_of(group: type[Any]) -> Iterator[tuple[str, Spec]]:
    """Yield each attribute of a group of settings with its spec, in the page's order."""
    for attribute in fields(group):
        yield attribute.name, attribute.metadata[_KEY]
