"""Which Nomad the tests run, and what becomes of them where there is none."""

import os
import shutil
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest


def find_nomad(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the binary from NOMAD_BIN, PATH, or this project's own tool cache."""
    named = environ.get("NOMAD_BIN") or shutil.which("nomad", path=environ.get("PATH"))
    if named:
        return Path(named)
    if find_spec("faas_nomad.tools") is None:
        return None
    find_tool: Callable[[str], Path | None] = import_module("faas_nomad.tools").find_tool
    return find_tool("nomad")


def require_nomad(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the binary; without one skip the test, or fail it where REQUIRE_REAL is set."""
    binary = find_nomad(environ)
    if binary is not None:
        return binary
    reason = "no Nomad binary: set NOMAD_BIN, put nomad on PATH, or run `make tools`"
    if environ.get("REQUIRE_REAL"):
        pytest.fail(reason)
    pytest.skip(reason)
