"""Which C compiler a build gets, and what it is told about it."""

import io
from pathlib import Path

import pytest

from faas_nomad.tools.catalog import Tool, Version
from faas_nomad.tools.compilers import compiler_on_path, compiler_settings, zig_settings
from faas_nomad.tools.errors import WayError
from faas_nomad.tools.gotoolchain import Toolchain
from faas_nomad.tools.progress import Progress

TOOL = Tool("nomad", Version(1, 11, 1), needs_c=True)
GO = Version(1, 26, 0)
BLIND = Toolchain("go", GO, finds_c=False)


def never() -> Path:
    raise AssertionError("zig was asked for")


def settings(tool: Tool, toolchain: Toolchain, environ: dict[str, str]) -> dict[str, str]:
    progress = Progress(io.StringIO())
    return dict(compiler_settings(tool, toolchain, environ, Path("/s"), progress, never))


def put(folder: Path, *names: str) -> dict[str, str]:
    """Put empty programs into `folder`; return the environment that has it on PATH."""
    for name in names:
        (folder / name).touch(0o755)
    return {"PATH": str(folder)}


def test_a_program_without_c_gets_no_compiler() -> None:
    assert settings(Tool("consul", GO), BLIND, {"PATH": "/nowhere"}) == {}


def test_the_compiler_that_go_finds_is_left_to_it() -> None:
    assert settings(TOOL, Toolchain("go", GO, finds_c=True), {"PATH": "/nowhere"}) == {}


def test_a_compiler_that_the_user_names_is_not_replaced() -> None:
    assert settings(TOOL, BLIND, {"PATH": "/nowhere", "CC": "/opt/bin/cc"}) == {}


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["clang"], "clang"),
        (["cc"], "cc"),
        (["cc", "clang", "gcc"], "gcc"),
        (["clang", "cc"], "clang"),
    ],
)
def test_a_compiler_on_path_that_go_does_not_look_for_is_named_to_it(
    tmp_path: Path, names: list[str], chosen: str
) -> None:
    assert settings(TOOL, BLIND, put(tmp_path, *names)) == {"CC": chosen}


def test_without_one_there_is_none(tmp_path: Path) -> None:
    assert compiler_on_path(BLIND, put(tmp_path)) is None


def test_zigs_compiler_is_found_on_path_and_keeps_its_own_files_in_the_scratch_folder() -> None:
    compiler = Path("/home/ada b/zig/zig-cc")

    assert zig_settings(compiler, {"PATH": "/bin", "HOME": "/home/ada b"}, Path("/scratch")) == {
        "CC": "zig-cc",
        "PATH": "/home/ada b/zig:/bin",
        "ZIG_GLOBAL_CACHE_DIR": "/scratch/zig-global",
        "ZIG_LOCAL_CACHE_DIR": "/scratch/zig-local",
    }


def test_it_is_said_where_the_compiler_comes_from(tmp_path: Path) -> None:
    out = io.StringIO()
    compiler = tmp_path / "zig-cc"

    given = compiler_settings(
        TOOL, BLIND, put(tmp_path), Path("/s"), Progress(out), lambda: compiler
    )

    assert given["CC"] == "zig-cc"
    assert out.getvalue() == (
        "nomad: PATH has no gcc or clang; the C compiler comes from zig 0.17.0\n"
    )


def test_when_zig_cannot_be_had_the_whole_reason_is_one_line(tmp_path: Path) -> None:
    def offline() -> Path:
        raise WayError("https://files.example/zig.whl: Connection refused")

    with pytest.raises(WayError) as error:
        compiler_settings(TOOL, BLIND, put(tmp_path), Path("/s"), Progress(io.StringIO()), offline)

    assert str(error.value) == (
        "go build: nomad takes a C compiler; there is no gcc or clang on PATH,"
        " and zig cannot be had: https://files.example/zig.whl: Connection refused"
    )
