"""Finds a Go toolchain that can build a module, and the environment to start it in.

Source: https://go.dev/doc/toolchain (the `go` line of a go.mod, GOTOOLCHAIN).
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from faas_nomad.tools.catalog import Version
from faas_nomad.tools.errors import WayError
from faas_nomad.tools.places import child_environment

GO_ENV_S = 30.0
USUAL_GO = "/usr/local/go/bin/go"  # where go.dev's archive is unpacked, often not on PATH
SWITCHING_GO = Version(1, 21, 0)  # from here on, Go fetches the toolchain that a go.mod asks for
_GO_LINE = re.compile(r"^go (\d+)\.(\d+)(?:\.(\d+))?\s*$", re.MULTILINE)
_GO_VERSION = re.compile(r"go(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class Toolchain:
    """A Go toolchain as it describes itself.

    `switching` is its GOTOOLCHAIN: with `auto`, one that is too old fetches another by itself.
    `finds_c` tells whether it has found a C compiler.
    """

    go: str
    version: Version | None
    switching: str = "auto"
    finds_c: bool = True


def usable_toolchain(module_file: Path, environ: Mapping[str, str]) -> Toolchain:
    """Return the Go toolchain on PATH, or the one at its usual place.

    Raises:
        WayError: There is none, or it cannot build what `module_file` (a go.mod) is for.
    """
    go = shutil.which("go", path=environ.get("PATH", os.defpath)) or shutil.which(USUAL_GO)
    if go is None:
        raise WayError("go build: there is no Go toolchain on PATH (https://go.dev/dl)")
    toolchain = _described(go, environ)
    reason = go_refusal(toolchain, wanted_go(module_file.read_text()))
    if reason is not None:
        raise WayError(f"go build: {go} {reason}")
    return toolchain


def go_environment(environ: Mapping[str, str], *, cgo: bool | None = None) -> dict[str, str]:
    """Return the environment of a build for this machine, whatever else `environ` is set up for.

    `cgo` switches C code on or off; with None, Go switches it on where it finds a compiler.
    """
    kept = child_environment(environ)
    for name in ("GOOS", "GOARCH", "CGO_ENABLED"):
        kept.pop(name, None)
    if cgo is not None:
        kept["CGO_ENABLED"] = "1" if cgo else "0"
    return {**kept, "GOWORK": "off"}


def go_refusal(toolchain: Toolchain, wanted: Version) -> str | None:
    """Tell why `toolchain` cannot build a module that asks for Go `wanted`, or None if it can."""
    found = toolchain.version
    if found is None:
        return "does not say its version"
    fetches_another = toolchain.switching == "auto" or toolchain.switching.endswith("+auto")
    if found >= wanted or (found >= SWITCHING_GO and fetches_another):
        return None
    return f"is {found}; {wanted} or later is needed (https://go.dev/dl)"


def wanted_go(module_file: str) -> Version:
    """Return the Go version that a go.mod asks for.

    Raises:
        WayError: It asks for none.
    """
    found = _GO_LINE.search(module_file)
    if found is None:
        raise WayError("go build: go.mod has no go line")
    return _version(found)


def go_version(text: str) -> Version | None:
    """Read what `go env GOVERSION` prints: `go1.26.8`, `go1.26` or `go1.27rc1`."""
    found = _GO_VERSION.match(text)
    return _version(found) if found else None


def _version(found: re.Match[str]) -> Version:
    major, minor, patch = found.groups(default="0")
    return Version(int(major), int(minor), int(patch))


def _described(go: str, environ: Mapping[str, str]) -> Toolchain:
    try:
        told = subprocess.run(
            [go, "env", "GOVERSION", "GOTOOLCHAIN", "CGO_ENABLED"],
            cwd="/",  # beside a go.mod this would already fetch the toolchain it asks for
            env=go_environment(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=GO_ENV_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return Toolchain(go, None)
    version, switching, cgo = [*told.stdout.splitlines(), "", "", ""][:3]
    return Toolchain(go, go_version(version), switching, cgo == "1")
