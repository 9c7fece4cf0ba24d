"""uv from a local site in place of the package index."""

import platform
from pathlib import Path

import pytest

from faas_nomad.tools.catalog import Tool
from faas_nomad.tools.errors import ToolUnavailableError
from faas_nomad.tools.obtaining import Site, obtain
from faas_nomad.tools.uv import UV, uv_from_wheel
from faas_nomad.tools.wheels import Wheel
from support.release_site import Page, ReleaseSite, program_that_says, sha256, zip_of

GOOD = zip_of({f"uv-{UV.version}.data/scripts/uv": program_that_says(f"uv {UV.version} (test)")})
WHEELS = {(platform.system(), platform.machine()): Wheel("packages/uv.whl", sha256(GOOD))}


def way(tool: Tool, program: Path, site: Site) -> None:
    uv_from_wheel(tool, program, site, WHEELS)


def test_the_program_comes_out_of_the_wheel(site: Site, releases_site: ReleaseSite) -> None:
    releases_site.pages["/packages/uv.whl"] = Page(GOOD)

    uv = obtain(UV, site, ways=[way])

    assert uv.name == "uv"
    assert obtain(UV, site, ways=[]) == uv


def test_a_wheel_with_another_sum_is_refused(site: Site, releases_site: ReleaseSite) -> None:
    releases_site.pages["/packages/uv.whl"] = Page(GOOD + b"x")

    with pytest.raises(ToolUnavailableError, match="SHA-256 is"):
        obtain(UV, site, ways=[way])


def test_a_machine_without_a_wheel_is_told_so(site: Site) -> None:
    def for_another_machine(tool: Tool, program: Path, site: Site) -> None:
        uv_from_wheel(tool, program, site, {})

    with pytest.raises(ToolUnavailableError, match=r"no uv wheel is known for .+; put uv on PATH"):
        obtain(UV, site, ways=[for_another_machine])
