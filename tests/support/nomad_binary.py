"""Which Nomad the tests run, and what becomes of them where there is none."""

import os
import shutil
from pathlib import Path

from faas_nomad.tools import find_tool
from support.requirements import lacking


def find_nomad() -> Path | None:
    """Return the binary from NOMAD_BIN, PATH (in any version), or this project's tool cache."""
    named = os.environ.get("NOMAD_BIN") or shutil.which("nomad")
    return Path(named) if named else find_tool("nomad")


def require_nomad() -> Path:
    """Return the binary; without one skip the test, or fail it where REQUIRE_REAL is set."""
    why = "no Nomad binary: set NOMAD_BIN, put nomad on PATH, or run `make tools`"
    return find_nomad() or lacking(why)
