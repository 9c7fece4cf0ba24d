"""Labels and annotations that were written, read as the types that they should have. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from faas_nomad.translate import values
from faas_nomad.translate.errors import InvalidDeploymentError, entry


@dataclass(frozen=True)
class Written:
    """Some of a deployment's labels and annotations, by name without their prefix.

    Every reader returns the default when nothing was written, and otherwise what was written or
    an InvalidDeploymentError that names it.
    """

    entries: Mapping[str, tuple[str, str]]
    """Name → (the field as messages name it, the text)."""

    def has(self, name: str) -> bool:
        """Return whether anything was written under `name`."""
        return name in self.entries

    def field(self, name: str) -> str:
        """Return how a message names the entry `name`."""
        return self.entries[name][0]

    def text(self, name: str, default: str = "") -> str:
        """Return what was written, unread."""
        return self.entries[name][1] if name in self.entries else default

    def whole(
        self, name: str, default: int, *, least: int = 0, most: int = values.MAX_WHOLE
    ) -> int:
        """Return a whole number within bounds."""
        return values.whole(*self.entries[name], least, most) if self.has(name) else default

    def flag(self, name: str, default: bool) -> bool:
        """Return a truth value."""
        return values.flag(*self.entries[name]) if self.has(name) else default

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        """Return one of `choices`."""
        return values.choice(*self.entries[name], choices) if self.has(name) else default

    def duration_ns(self, name: str, default_ns: int, *, least_ns: int = 0) -> int:
        """Return a duration in nanoseconds."""
        if not self.has(name):
            return default_ns
        return values.duration_ns(*self.entries[name], least_ns)

    def words(self, name: str) -> list[str]:
        """Return the words of a command line."""
        return values.words(*self.entries[name]) if self.has(name) else []

    def below(self, prefix: str) -> Iterator[str]:
        """Yield the names that begin with `prefix`, in order."""
        yield from sorted(name for name in self.entries if name.startswith(prefix))

    def refuse(self, name: str, expected: str) -> InvalidDeploymentError:
        """Return the error that says what the entry `name` should have been."""
        field, text = self.entries[name]
        return InvalidDeploymentError(field, text, expected)


def under(prefix: str, field: str, source: Mapping[str, str]) -> Written:
    """Return the entries of one map whose keys begin with `prefix`."""
    return Written(
        {
            key.removeprefix(prefix): (entry(field, key), text)
            for key, text in source.items()
            if key.startswith(prefix)
        }
    )
