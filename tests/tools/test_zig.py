"""zig from a local site in place of the package index, and builds that take its C compiler.

A script that hands over to this machine's gcc stands in for zig.
"""

import dataclasses
import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from faas_nomad.tools.building import build_program
from faas_nomad.tools.catalog import Tool, Version
from faas_nomad.tools.errors import ToolUnavailableError, WayError
from faas_nomad.tools.obtaining import Site, Way, from_source, obtain
from faas_nomad.tools.wheels import Wheel, this_machine
from faas_nomad.tools.zig import ZIG, zig_compiler
from support.release_site import Page, ReleaseSite, sha256, zip_of
from support.requirements import lacking

TOOL = Tool("sample", Version(1, 2, 3), needs_c=True)
ZIG_PROGRAM = b"""#!/bin/sh
[ "$1" = cc ] && [ "$2" = -mcpu=baseline ] || exit 2
shift 2
echo "$ZIG_GLOBAL_CACHE_DIR $ZIG_LOCAL_CACHE_DIR" > "$HOME/zig-caches"
PATH=/usr/local/bin:/usr/bin:/bin exec gcc "$@"
"""
GOOD = zip_of(
    {
        "ziglang/zig": ZIG_PROGRAM,
        "ziglang/lib/std/std.zig": b"std",
        "ziglang/lib/docs/index.html": b"docs",
        "ziglang/__main__.py": b"",
        "other/file": b"",
    }
)
WHEELS = {this_machine(): Wheel("packages/zig.whl", sha256(GOOD))}
SOURCE = """package main

// #include <stdio.h>
// static int patch(void) { return EOF + 4; }
import "C"

import "fmt"

func main() { fmt.Printf("Sample v1.2.%d\\n", int(C.patch())) }
"""


def zig(site: Site) -> Path:
    return zig_compiler(site.environ, site.progress, site.patience, WHEELS)


def from_source_with_fake_zig(tool: Tool, program: Path, site: Site) -> None:
    build_program(tool, site.modules, program, site.environ, site.progress, partial(zig, site))


@pytest.fixture
def no_c_site(site: Site, tmp_path: Path) -> Site:
    """A user whose PATH has this machine's Go and nothing else, with a module that takes C."""
    go = shutil.which("go")
    if go is None:
        lacking("no Go toolchain on PATH")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "go").symlink_to(go)
    (site.modules / "sample").mkdir(parents=True)
    (site.modules / "sample" / "go.mod").write_text(
        "module example.test/sample\n\ngo 1.24\n\ntool example.test/sample\n"
    )
    (site.modules / "sample" / "main.go").write_text(SOURCE)
    cache = os.environ.get("GOCACHE", str(Path.home() / ".cache" / "go-build"))
    settings = {"GOCACHE": cache, "GOPROXY": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    return dataclasses.replace(site, environ={**site.environ, **settings})


def reason_of_failure(site: Site, way: Way) -> str:
    with pytest.raises(ToolUnavailableError) as error:
        obtain(TOOL, site, ways=[way])
    return error.value.reasons[-1]


def test_the_compiler_is_fetched_once_with_what_it_takes_and_no_more(
    site: Site, releases_site: ReleaseSite, tmp_path: Path
) -> None:
    releases_site.pages["/packages/zig.whl"] = Page(GOOD)

    compiler = zig(site)

    folder = tmp_path / ".cache/faas-nomad/tools/zig" / str(ZIG)
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert compiler == folder / "zig-cc"
    assert files == {"zig", "zig-cc", "lib/std/std.zig"}
    assert zig(site) == compiler
    assert releases_site.asked == ["/packages/zig.whl"]


def test_the_script_hands_over_to_zig_from_a_folder_of_any_name(
    site: Site, releases_site: ReleaseSite, tmp_path: Path
) -> None:
    releases_site.pages["/packages/zig.whl"] = Page(GOOD)
    home = tmp_path / "ada's home"
    environ = {**site.environ, "HOME": str(home)}

    compiler = zig(dataclasses.replace(site, environ=environ))

    (compiler.parent / "zig").write_text('#!/bin/sh\necho "$@"\n')
    told = subprocess.run([compiler, "-c", "a b.c"], capture_output=True, text=True, check=True)
    assert told.stdout == "cc -mcpu=baseline -c a b.c\n"


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page(GOOD + b"x"), "SHA-256 is"),
        (Page(GOOD[:100], missing_bytes=50), "ended after 100 of 150 bytes"),
        (None, "answered 404"),
    ],
    ids=["tampered", "cut", "missing"],
)
def test_a_wheel_that_is_not_what_was_published_leaves_nothing(
    site: Site, releases_site: ReleaseSite, tmp_path: Path, page: Page | None, reason: str
) -> None:
    if page is not None:
        releases_site.pages["/packages/zig.whl"] = page

    with pytest.raises(WayError, match=reason):
        zig(site)

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


def test_a_wheel_without_the_program_leaves_nothing(
    site: Site, releases_site: ReleaseSite, tmp_path: Path
) -> None:
    empty = zip_of({"ziglang/lib/std/std.zig": b"std"})
    wheels = {this_machine(): Wheel("packages/zig.whl", sha256(empty))}
    releases_site.pages["/packages/zig.whl"] = Page(empty)

    with pytest.raises(WayError, match=r"zig\.whl holds no file called ziglang/zig"):
        zig_compiler(site.environ, site.progress, site.patience, wheels)

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


@pytest.mark.go
def test_a_program_that_takes_c_is_built_with_zigs_compiler_where_there_is_no_other(
    no_c_site: Site, releases_site: ReleaseSite, tmp_path: Path
) -> None:
    if shutil.which("gcc") is None:
        lacking("no gcc, which stands behind the stand-in for zig")
    releases_site.pages["/packages/zig.whl"] = Page(GOOD)

    program = obtain(TOOL, no_c_site, ways=[from_source_with_fake_zig])

    told = subprocess.run([program], capture_output=True, text=True, check=True)
    assert told.stdout == "Sample v1.2.3\n"
    for cache in (tmp_path / "zig-caches").read_text().split():
        assert cache.startswith(f"{program.parent}/.partial-")
    assert list(program.parent.iterdir()) == [program]


@pytest.mark.go
def test_without_a_way_to_zig_the_reason_is_told_in_one_line_before_the_build(
    no_c_site: Site,
) -> None:
    environ = {**no_c_site.environ, "FAAS_NOMAD_PYPI_FILES_URL": "http://127.0.0.1:1"}

    reason = reason_of_failure(dataclasses.replace(no_c_site, environ=environ), from_source)

    assert reason.startswith(
        "go build: sample takes a C compiler; there is no gcc or clang on PATH,"
        " and zig cannot be had: "
    )
    assert reason.endswith(".whl: Connection refused")
    assert "\n" not in reason
