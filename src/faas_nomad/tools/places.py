"""Where obtained programs are kept, and the environment their processes get. Pure.

Source: XDG Base Directory Specification (a relative `XDG_CACHE_HOME` is to be ignored).
"""

import os
from collections.abc import Mapping
from pathlib import Path

from faas_nomad.tools.catalog import Version

# The AWS SDK inside a Nomad agent reads this file at start-up and stops the agent over it.
_NOT_FOR_CHILDREN = frozenset({"AWS_CA_BUNDLE"})


def tools_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder that holds every obtained program, whether it exists or not."""
    return _cache_home(environ) / "faas-nomad" / "tools"


def cached_path(environ: Mapping[str, str], name: str, version: Version) -> Path:
    """Return where program `name` in `version` is kept, whether it is there or not."""
    return tools_folder(environ) / name / str(version) / name


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` for a Nomad, Consul or Vault process: without what stops them."""
    return {name: value for name, value in environ.items() if name not in _NOT_FOR_CHILDREN}


def _cache_home(environ: Mapping[str, str]) -> Path:
    configured = environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(configured):
        return Path(configured)
    return Path(environ.get("HOME") or "~").expanduser() / ".cache"
