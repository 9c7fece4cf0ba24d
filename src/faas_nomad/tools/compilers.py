"""Which C compiler a Go build gets: the one that Go knows, another on PATH, or zig's."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from faas_nomad.tools.catalog import Tool
from faas_nomad.tools.errors import WayError
from faas_nomad.tools.gotoolchain import Toolchain
from faas_nomad.tools.progress import Progress
from faas_nomad.tools.zig import ZIG

COMPILERS = ("gcc", "clang", "cc")


def compiler_on_path(toolchain: Toolchain, environ: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return what the build's environment needs for a C compiler that is there, or None.

    Go looks for one name alone; and a `CC` that someone wrote is theirs to get right.
    """
    if toolchain.finds_c or environ.get("CC"):
        return {}
    for name in COMPILERS:
        if shutil.which(name, path=environ.get("PATH", os.defpath)):
            return {"CC": name}
    return None


def zig_settings(compiler: Path, environ: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """Return the same for zig's; what it compiles for itself is kept below `scratch`. Pure.

    Its folder goes on PATH, because Go splits `CC` at blanks.
    """
    return {
        "CC": compiler.name,
        "PATH": os.pathsep.join([str(compiler.parent), environ.get("PATH", os.defpath)]),
        "ZIG_GLOBAL_CACHE_DIR": str(scratch / "zig-global"),
        "ZIG_LOCAL_CACHE_DIR": str(scratch / "zig-local"),
    }


def compiler_settings(
    tool: Tool,
    toolchain: Toolchain,
    environ: Mapping[str, str],
    scratch: Path,
    progress: Progress,
    zig: Callable[[], Path],
) -> Mapping[str, str]:
    """Return what the environment of a build of `tool` needs beside Go's; may fetch by `zig`.

    Raises:
        WayError: There is no C compiler, and zig's cannot be had.
    """
    if not tool.needs_c:
        return {}
    found = compiler_on_path(toolchain, environ)
    if found is not None:
        return found
    progress.say(f"{tool.name}: PATH has no gcc or clang; the C compiler comes from zig {ZIG}")
    try:
        return zig_settings(zig(), environ, scratch)
    except WayError as err:
        raise WayError(
            f"go build: {tool.name} takes a C compiler; there is no gcc or clang on PATH,"
            f" and zig cannot be had: {err}"
        ) from err
