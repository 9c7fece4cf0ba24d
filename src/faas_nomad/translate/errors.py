"""Why a deployment was refused: the field, its value and what was expected. Pure."""

MAX_SHOWN = 80
"""Characters of a user's text that a message repeats; the rest is cut off."""

_ELLIPSIS = "…"


class InvalidDeploymentError(ValueError):
    """A value in a deployment cannot be understood or is not allowed.

    `field` names it as the request spells it, for example `labels["com.openfaas.scale.min"]`.
    `value` is what was sent, or None where it must not be repeated (environment, secrets).
    `expected` completes the sentence "… is not …".
    """

    def __init__(self, field: str, value: str | None, expected: str) -> None:
        self.field = field
        self.value = value
        self.expected = expected
        said = "the value" if value is None else quoted(value)
        super().__init__(f"{field}: {said} is not {expected}")


class InvalidNamespaceError(ValueError):
    """A namespace's name or mark is not what it has to be; the text names the field."""


def quoted(text: str) -> str:
    """Return `text` in quotes on one line, at most 80 characters of it, all of them printable."""
    shown = "".join(_printable(char) for char in text[:MAX_SHOWN])
    return f'"{shown}{_ELLIPSIS if len(text) > MAX_SHOWN else ""}"'


def entry(field: str, key: str) -> str:
    """Return how a message names one entry of a map, such as `labels["a"]`."""
    return f"{field}[{quoted(key)}]"


def _printable(char: str) -> str:
    if char in ('"', "\\"):
        return "\\" + char
    if char.isprintable():
        return char
    return char.encode("unicode_escape").decode("ascii")
