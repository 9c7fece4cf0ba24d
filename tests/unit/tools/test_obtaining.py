"""The order of the ways to a program, and what is left behind when they fail."""

import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from faas_nomad.tools.catalog import Tool, Version
from faas_nomad.tools.errors import ToolUnavailableError, UnknownToolError, WayError
from faas_nomad.tools.obtaining import Site, Way, find_tool, obtain
from faas_nomad.tools.places import cached_path
from faas_nomad.tools.progress import Progress
from support.release_site import program_that_says

TOOL = Tool("nomad", Version(1, 11, 1))


def way_that_writes(content: bytes) -> Way:
    def way(tool: Tool, program: Path, site: Site) -> None:
        program.write_bytes(content)

    return way


def way_that_fails(reason: str) -> Way:
    def way(tool: Tool, program: Path, site: Site) -> None:
        program.write_bytes(b"half of a program")
        raise WayError(reason)

    return way


GOOD = way_that_writes(program_that_says("Nomad v1.11.1"))


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}


def site(environ: Mapping[str, str], out: io.StringIO | None = None) -> Site:
    return Site(environ, Progress(out or io.StringIO()))


def test_a_program_is_kept_in_the_cache_and_found_there_without_any_way(
    environ: dict[str, str],
) -> None:
    program = obtain(TOOL, site(environ), ways=[GOOD])

    assert program == cached_path(environ, "nomad", TOOL.version)
    assert obtain(TOOL, site(environ), ways=[]) == program
    assert find_tool("nomad", environ) == program


def test_a_way_that_fails_says_why_and_the_next_one_is_tried(environ: dict[str, str]) -> None:
    out = io.StringIO()

    program = obtain(TOOL, site(environ, out), ways=[way_that_fails("no network"), GOOD])

    assert out.getvalue().splitlines() == [
        "nomad: PATH: there is no nomad",
        f"nomad: cache: there is no {program}",
        "nomad: no network",
        f"nomad 1.11.1 is now in {program}",
    ]


def test_when_every_way_fails_all_reasons_are_told(environ: dict[str, str]) -> None:
    with pytest.raises(ToolUnavailableError) as error:
        obtain(TOOL, site(environ), ways=[way_that_fails("no network"), way_that_fails("no Go")])

    assert error.value.reasons[0] == "PATH: there is no nomad"
    assert error.value.reasons[2:] == ("no network", "no Go")


@pytest.mark.parametrize(
    "content", [program_that_says("Nomad v1.11.0"), b"\x7fELF", b"#!/bin/sh\nexit 1\n", b""]
)
def test_a_program_that_is_not_the_version_asked_for_never_gets_into_the_cache(
    environ: dict[str, str], content: bytes
) -> None:
    with pytest.raises(ToolUnavailableError, match=r"1\.11\.1 was asked for"):
        obtain(TOOL, site(environ), ways=[way_that_writes(content)])

    assert find_tool("nomad", environ) is None


def test_nothing_but_the_lock_is_left_of_a_failure(environ: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ToolUnavailableError):
        obtain(TOOL, site(environ), ways=[way_that_fails("cut off")])

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


def test_ctrl_c_leaves_no_half_program(environ: dict[str, str], tmp_path: Path) -> None:
    def interrupted(tool: Tool, program: Path, site: Site) -> None:
        program.write_bytes(b"half of a program")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        obtain(TOOL, site(environ), ways=[interrupted])

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


def test_path_comes_before_the_cache(environ: dict[str, str], tmp_path: Path) -> None:
    obtain(TOOL, site(environ), ways=[GOOD])
    on_path = tmp_path / "nomad"
    on_path.write_bytes(program_that_says("Nomad v1.11.4"))
    on_path.chmod(0o755)

    assert find_tool("nomad", {**environ, "PATH": str(tmp_path)}) == on_path


def test_a_cache_that_cannot_be_written_is_a_reason_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environ = {"HOME": str(tmp_path / "file"), "PATH": str(tmp_path / "bin")}

    with pytest.raises(ToolUnavailableError) as error:
        obtain(TOOL, site(environ), ways=[GOOD])

    assert len(error.value.reasons) == 3
    assert "set XDG_CACHE_HOME" in error.value.reasons[2]


def test_another_process_that_was_quicker_is_taken_at_its_word(environ: dict[str, str]) -> None:
    """The second one finds the program once it has the lock, and asks no way."""
    asked = []

    def quicker(tool: Tool, program: Path, site: Site) -> None:
        asked.append(tool.name)
        program.write_bytes(program_that_says("Nomad v1.11.1"))

    cached = cached_path(environ, "nomad", TOOL.version)
    first = obtain(TOOL, site(environ), ways=[quicker])
    cached.chmod(0o644)  # the look before the lock misses it, as it would a moment too early
    second = obtain(TOOL, site(environ), ways=[quicker])

    assert (first, second, asked) == (cached, cached, ["nomad"])


def test_an_unknown_tool_is_no_missing_tool(environ: dict[str, str]) -> None:
    with pytest.raises(UnknownToolError):
        find_tool("nomda", environ)
