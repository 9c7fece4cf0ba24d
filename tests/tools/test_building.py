"""Building with a real Go toolchain, from a module that needs nothing but the standard library."""

import dataclasses
import io
import os
import shutil
from pathlib import Path

import pytest

from faas_nomad.tools.catalog import Tool, Version
from faas_nomad.tools.errors import ToolUnavailableError
from faas_nomad.tools.obtaining import Site, from_source, obtain
from faas_nomad.tools.progress import Progress
from support.requirements import lacking
from support.waiting import wait_until

pytestmark = pytest.mark.go

TOOL = Tool("sample", Version(1, 2, 3), build_tags=("wanted",))
MODULE = "module example.test/sample\n\ngo 1.24\n\ntool example.test/sample\n"
SOURCE = """//go:build wanted

package main

import "fmt"

func main() { fmt.Println("Sample v1.2.3") }
"""


@pytest.fixture
def go_site(site: Site) -> Site:
    """The empty home with this machine's Go and its build cache, and no way to a network."""
    if shutil.which("go") is None:
        lacking("no Go toolchain on PATH")
    cache = os.environ.get("GOCACHE", str(Path.home() / ".cache" / "go-build"))
    go = {"GOCACHE": cache, "GOPROXY": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    return dataclasses.replace(site, environ={**site.environ, **go, "PATH": os.environ["PATH"]})


# Says what it is, then "compiles" in a child of its own for longer than the test may take.
ENDLESS_GO = """#!/bin/sh
[ "$1" = env ] && printf 'go1.99\\nlocal\\n1\\n' && exit
sleep 300 &
echo $! > "$HOME/compiler"
echo begun >&2
wait
"""


class CtrlC(io.StringIO):
    """A terminal at which the user presses Ctrl-C as soon as the build has begun."""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if "now begun" in text:
            raise KeyboardInterrupt
        return super().write(text)


def write_module(site: Site, source: str = SOURCE, module: str = MODULE) -> Path:
    folder = site.modules / "sample"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text(module)
    (folder / "main.go").write_text(source)
    return folder


def is_running(pid: int) -> bool:
    """Tell whether process `pid` is there and no zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def reason_of_failure(site: Site) -> str:
    with pytest.raises(ToolUnavailableError) as error:
        obtain(TOOL, site, ways=[from_source])
    return error.value.reasons[-1]


def test_a_program_is_built_from_the_tool_line_of_its_module(
    go_site: Site, out: io.StringIO
) -> None:
    folder = write_module(go_site)

    program = obtain(TOOL, go_site, ways=[from_source])

    assert os.access(program, os.X_OK)
    assert "building sample 1.2.3 with Go 0:0" in out.getvalue()
    assert sorted(path.name for path in folder.iterdir()) == ["go.mod", "main.go"]


def test_a_build_that_fails_says_what_the_compiler_said(go_site: Site) -> None:
    write_module(go_site, SOURCE.replace('"Sample v1.2.3"', "undefined"))

    assert reason_of_failure(go_site).endswith("main.go:7:27: undefined: undefined")


def test_a_module_that_is_not_in_the_committed_sums_is_not_fetched(go_site: Site) -> None:
    write_module(
        go_site,
        SOURCE.replace('"fmt"', 'fmt "example.test/fmt"'),
        f"{MODULE}\nrequire example.test/fmt v1.0.0\n",
    )

    assert "missing go.sum entry" in reason_of_failure(go_site)


def test_a_go_that_is_too_old_is_told_which_one_is_needed(go_site: Site) -> None:
    write_module(go_site, module=MODULE.replace("1.24", "1.99"))

    assert reason_of_failure(go_site).endswith("1.99.0 or later is needed (https://go.dev/dl)")


def test_ctrl_c_ends_the_compilers_and_leaves_no_half_program(site: Site, tmp_path: Path) -> None:
    write_module(site)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "go").write_text(ENDLESS_GO)
    (tmp_path / "bin" / "go").chmod(0o755)
    environ = {**site.environ, "PATH": f"{tmp_path}/bin:/usr/bin:/bin"}

    with pytest.raises(KeyboardInterrupt):
        obtain(
            TOOL,
            dataclasses.replace(site, environ=environ, progress=Progress(CtrlC())),
            ways=[from_source],
        )

    compiler = int((tmp_path / "compiler").read_text())
    wait_until(lambda: not is_running(compiler), "the compiler has ended", within_s=10)
    assert list((tmp_path / ".cache/faas-nomad/tools/sample/1.2.3").iterdir()) == []


def test_outside_a_source_checkout_there_is_nothing_to_build_from(go_site: Site) -> None:
    assert "sample/go.mod; a source checkout has it" in reason_of_failure(go_site)
