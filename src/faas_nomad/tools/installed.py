"""Finds a program that is there already: on PATH in a good version, or in the cache."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from faas_nomad.tools.catalog import Tool, Version, refusal, version_in
from faas_nomad.tools.errors import WayError
from faas_nomad.tools.places import cached_path, child_environment

VERSION_WAIT_S = 10.0


def on_path(tool: Tool, environ: Mapping[str, str]) -> Path:
    """Return the program on PATH.

    Raises:
        WayError: There is none, or its version is not good enough.
    """
    found = shutil.which(tool.name, path=environ.get("PATH", os.defpath))
    if found is None:
        raise WayError(f"PATH: there is no {tool.name}")
    reason = refusal(reported_version(Path(found), environ), tool)
    if reason is not None:
        raise WayError(f"PATH: {found} {reason}")
    return Path(found).absolute()


def in_cache(tool: Tool, environ: Mapping[str, str]) -> Path:
    """Return the program in the cache; what is there was checked before it was put there.

    Raises:
        WayError: It is not there.
    """
    path = cached_path(environ, tool.name, tool.version)
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise WayError(f"cache: there is no {path}")
    return path


def reported_version(program: Path, environ: Mapping[str, str]) -> Version | None:
    """Run `program --version` and return what it says, or None if it says nothing useful."""
    try:
        answer = subprocess.run(
            [str(program), "--version"],
            env=child_environment(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERSION_WAIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if answer.returncode != 0:
        return None
    return version_in(answer.stdout[:4096].decode(errors="replace"))
