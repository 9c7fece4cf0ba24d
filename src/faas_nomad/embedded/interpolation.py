"""Nomad's two ways to put values into a job's texts. Pure.

Sources: nomad `client/taskenv/env.go` (`${name}` in environment, services and templates' paths:
replaced when known, else left, one pass, no escape); HCL templates in a driver's `Config`
(`$${` and `%%{` escape, an unknown name is an error).
"""

import re
from collections.abc import Mapping
from typing import Any

_KNOWN_NAME = re.compile(r"\$\{([a-zA-Z0-9_.-]+)\}")
_HCL = re.compile(r"\$\$\{|%%\{|\$\{\s*([^}]*?)\s*\}|%\{")
_ENV_CALL = re.compile(r'env\["([^"]+)"\]')


class InterpolationError(ValueError):
    """A driver's configuration refers to something that is not there."""


def interpolated(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with every known `${name}` replaced."""
    return _KNOWN_NAME.sub(lambda found: values.get(found[1], found[0]), text)


def interpolated_config(config: Any, values: Mapping[str, str]) -> Any:
    """Return a driver's configuration with all its texts evaluated.

    Raises:
        InterpolationError: An unknown variable, or a template directive.
    """
    if isinstance(config, str):
        return _HCL.sub(lambda found: _evaluated(found, values), config)
    if isinstance(config, list):
        return [interpolated_config(item, values) for item in config]
    if isinstance(config, dict):
        return {key: interpolated_config(item, values) for key, item in config.items()}
    return config


def _evaluated(found: "re.Match[str]", values: Mapping[str, str]) -> str:
    if found[0] in ("$${", "%%{"):
        return found[0][1:]
    name = found[1]
    if name is None:
        raise InterpolationError(f"template directives are not supported: {found.string!r}")
    call = _ENV_CALL.fullmatch(name)
    value = values.get(call[1] if call else name)
    if value is None:
        raise InterpolationError(f'There is no variable named "{name}"')
    return value
