"""The names of secrets and the limits of their values. Pure.

A name is a lower-case DNS subdomain, as faas-cli and Kubernetes have it, of at most 63 characters:
it becomes a file's name, a variable's path and a word in a template, and can say nothing else.
"""

import re

MAX_NAME = 63
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")

NAME_EXPECTED = (
    f"a name of 1 to {MAX_NAME} lower-case letters, digits, dashes and dots, "
    "beginning and ending each part with a letter or digit"
)


class InvalidSecretError(ValueError):
    """A secret's name or value cannot be kept; `str(e)` names the field, never the value."""


def is_secret_name(name: str) -> bool:
    """Tell whether a secret may be called `name`."""
    return len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


def check_secret_name(name: str) -> None:
    """Refuse what is no name; it is not repeated, it may be a secret in the wrong place.

    Raises:
        InvalidSecretError: It is none.
    """
    if not is_secret_name(name):
        raise InvalidSecretError(f"name: the value is not {NAME_EXPECTED}")
