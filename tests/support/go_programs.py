"""The small Go programs of the tests, built with the machine's own toolchain."""

import os
import shutil
import subprocess
from pathlib import Path

from support.requirements import lacking

SOURCES = Path(__file__).parent.parent / "stack"
BUILT_WITHIN_S = 300.0


def build_go_program(name: str) -> Path:
    """Return the static binary of `tests/stack/<name>`, built anew where its source changed.

    Go's own build cache makes a second build a matter of half a second.
    """
    go = shutil.which("go")
    if go is None:
        lacking(f"no Go toolchain on PATH: the test program {name} cannot be built")
    binary = _cache_folder() / name
    fresh = binary.with_name(f"{name}.{os.getpid()}")
    built = subprocess.run(
        [go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(fresh), "."],
        cwd=SOURCES / name,
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false"},
        capture_output=True,
        text=True,
        timeout=BUILT_WITHIN_S,
    )
    if built.returncode != 0:
        lacking(f"the test program {name} could not be built: {built.stderr.strip()[-500:]}")
    fresh.replace(binary)
    return binary


def _cache_folder() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "faas-nomad" / "test-programs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
