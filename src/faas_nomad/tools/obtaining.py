"""The ways to a program, in their order: PATH, cache, release archive, Go build."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from faas_nomad.tools.building import build_program
from faas_nomad.tools.catalog import Tool, tool_named
from faas_nomad.tools.errors import ToolUnavailableError, WayError
from faas_nomad.tools.fetching import PATIENCE, Patience
from faas_nomad.tools.installed import in_cache, on_path, reported_version
from faas_nomad.tools.locking import exclusive
from faas_nomad.tools.places import cached_path
from faas_nomad.tools.progress import Progress
from faas_nomad.tools.releases import fetch_release
from faas_nomad.tools.staging import staged
from faas_nomad.tools.zig import zig_compiler

MODULES = Path(__file__).resolve().parents[3] / "tools"  # in a source checkout only


@dataclass(frozen=True)
class Site:
    """What a search depends on: the environment, where messages go, where the Go modules are."""

    environ: Mapping[str, str]
    progress: Progress
    modules: Path = MODULES
    patience: Patience = PATIENCE


# Writes the program of a tool to a path, or raises WayError.
Way = Callable[[Tool, Path, Site], None]


def find_tool(name: str, environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the program `name` if PATH or the cache has it; nothing is fetched or built.

    Raises:
        UnknownToolError: This project knows no such tool.
    """
    found, _ = _look(tool_named(name), os.environ if environ is None else environ)
    return found


def obtain_tool(
    name: str, environ: Mapping[str, str] | None = None, out: TextIO | None = None
) -> Path:
    """Return the program `name`, fetched or built into the cache if it is nowhere yet.

    This blocks for up to some minutes and tells `out` (standard error) what it is at.

    Raises:
        ToolUnavailableError: No way worked; has the reason of each.
        UnknownToolError: This project knows no such tool.
        SettingError: An environment variable of this package cannot be used.
    """
    site = Site(os.environ if environ is None else environ, Progress(out or sys.stderr))
    return obtain(tool_named(name), site)


def from_release(tool: Tool, program: Path, site: Site) -> None:
    """Write the program of the official release to `program`."""
    fetch_release(tool, program, site.environ, site.progress, site.patience)


def from_source(tool: Tool, program: Path, site: Site) -> None:
    """Build the program from its Go module to `program`."""
    zig = partial(zig_compiler, site.environ, site.progress, site.patience)
    build_program(tool, site.modules, program, site.environ, site.progress, zig)


def obtain(tool: Tool, site: Site, ways: Sequence[Way] = (from_release, from_source)) -> Path:
    """Do the work of `obtain_tool` for a tool that need not be in the catalogue, in `ways`."""
    found, reasons = _look(tool, site.environ)
    if found is not None:
        return found
    cached = cached_path(site.environ, tool.name, tool.version)
    try:
        with exclusive(cached.parents[1] / ".lock", site.progress):
            return _fill_cache(tool, cached, site, ways, reasons)
    except WayError as err:
        raise ToolUnavailableError(f"{tool.name} {tool.version}", [*reasons, str(err)]) from err


def _look(tool: Tool, environ: Mapping[str, str]) -> tuple[Path | None, list[str]]:
    reasons: list[str] = []
    for way in (on_path, in_cache):
        try:
            return way(tool, environ), reasons
        except WayError as err:
            reasons.append(str(err))
    return None, reasons


def _fill_cache(
    tool: Tool, cached: Path, site: Site, ways: Sequence[Way], reasons: list[str]
) -> Path:
    """Try the slow ways in turn; called with the lock held, so another process may be done."""
    if cached.is_file():
        return cached
    for reason in reasons:
        site.progress.say(f"{tool.name}: {reason}")
    for way in ways:
        try:
            with staged(cached) as program:
                way(tool, program, site)
                _check(tool, program, site.environ)
            site.progress.say(f"{tool.name} {tool.version} is now in {cached}")
            return cached
        except WayError as err:
            site.progress.finish()
            site.progress.say(f"{tool.name}: {err}")
            reasons.append(str(err))
    raise ToolUnavailableError(f"{tool.name} {tool.version}", reasons)


def _check(tool: Tool, program: Path, environ: Mapping[str, str]) -> None:
    program.chmod(0o755)
    version = reported_version(program, environ)
    if version != tool.version:
        raise WayError(f"what came says it is {version}, {tool.version} was asked for")
