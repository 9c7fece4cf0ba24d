"""The small Go programs of the tests, built with the machine's own toolchain."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

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
    if (reason := _run(go, ["mod", "download"], name)) is not None:
        lacking(f"the modules of the test program {name} cannot be had: {reason}")
    binary = _cache_folder() / name
    fresh = binary.with_name(f"{name}.{os.getpid()}")
    options = ["-trimpath", "-ldflags=-s -w", "-o", str(fresh)]
    if (reason := _run(go, ["build", *options, "."], name)) is not None:
        pytest.fail(f"the test program {name} cannot be built: {reason}")
    fresh.replace(binary)
    return binary


def _run(go: str, arguments: list[str], name: str) -> str | None:
    """Return why the go command failed, None when it did not."""
    done = subprocess.run(
        [go, *arguments],
        cwd=SOURCES / name,
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false"},
        capture_output=True,
        text=True,
        timeout=BUILT_WITHIN_S,
    )
    return None if done.returncode == 0 else done.stderr.strip()[-500:]


def _cache_folder() -> Path:
    """Return a folder of this checkout's own: another one's programs may be older or newer."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    checkout = hashlib.sha256(str(SOURCES).encode()).hexdigest()[:12]
    folder = cache / "faas-nomad" / "test-programs" / checkout
    folder.mkdir(parents=True, exist_ok=True)
    return folder
