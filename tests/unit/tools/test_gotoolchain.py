"""Which Go toolchain can build a module."""

from pathlib import Path

import pytest

from faas_nomad.tools.catalog import Version
from faas_nomad.tools.errors import WayError
from faas_nomad.tools.gotoolchain import (
    Toolchain,
    go_environment,
    go_refusal,
    go_version,
    usable_toolchain,
    wanted_go,
)

WANTED = Version(1, 26, 0)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go1.26.8", Version(1, 26, 8)),
        ("go1.26", Version(1, 26, 0)),
        ("go1.27rc1", Version(1, 27, 0)),
        ("devel", None),
        ("", None),
    ],
)
def test_go_says_its_version_in_several_forms(text: str, version: Version | None) -> None:
    assert go_version(text) == version


@pytest.mark.parametrize(
    ("line", "version"), [("go 1.26", Version(1, 26, 0)), ("go 1.25.3", Version(1, 25, 3))]
)
def test_a_module_says_which_go_it_needs(line: str, version: Version) -> None:
    assert wanted_go(f"module example.test/go 9.9\n\n{line}\n\ntool x\n") == version


def test_a_module_that_does_not_say_which_go_it_needs_is_refused() -> None:
    with pytest.raises(WayError, match=r"go\.mod has no go line"):
        wanted_go("module example.test\n")


@pytest.mark.parametrize(
    ("version", "switching"),
    [
        (Version(1, 26, 0), "local"),
        (Version(1, 27, 0), "local"),
        (Version(1, 21, 0), "auto"),
        (Version(1, 24, 4), "go1.24.4+auto"),
    ],
)
def test_a_go_that_is_new_enough_or_can_fetch_one_is_good(version: Version, switching: str) -> None:
    assert go_refusal(Toolchain("go", version, switching), WANTED) is None


@pytest.mark.parametrize(
    ("version", "switching"),
    [
        (Version(1, 25, 9), "local"),
        (Version(1, 25, 9), "go1.25.9"),
        (Version(1, 25, 9), "path"),
        (Version(1, 20, 14), "auto"),
        (Version(1, 19, 8), ""),
    ],
)
def test_a_go_that_is_too_old_for_good_is_refused(version: Version, switching: str) -> None:
    reason = go_refusal(Toolchain("go", version, switching), WANTED)

    assert reason == f"is {version}; 1.26.0 or later is needed (https://go.dev/dl)"


def test_a_go_that_does_not_answer_is_refused() -> None:
    assert go_refusal(Toolchain("go", None), WANTED) == "does not say its version"


def test_a_build_is_for_this_machine_and_this_module_alone() -> None:
    environ = {"GOOS": "windows", "GOARCH": "arm", "GOWORK": "/w", "CGO_ENABLED": "0", "A": "b"}

    assert go_environment(environ) == {"A": "b", "GOWORK": "off"}
    assert go_environment(environ, cgo=True)["CGO_ENABLED"] == "1"
    assert go_environment({}, cgo=False)["CGO_ENABLED"] == "0"


def test_a_go_toolchain_describes_itself(tmp_path: Path) -> None:
    (tmp_path / "go").write_text("#!/bin/sh\nprintf 'go1.26.8\\nlocal\\n0\\n'\n")
    (tmp_path / "go").chmod(0o755)
    (tmp_path / "go.mod").write_text("module example.test\n\ngo 1.26\n")

    found = usable_toolchain(tmp_path / "go.mod", {"PATH": str(tmp_path)})

    assert found == Toolchain(str(tmp_path / "go"), Version(1, 26, 8), "local", finds_c=False)


def test_a_go_that_cannot_be_started_is_refused(tmp_path: Path) -> None:
    (tmp_path / "go").write_text("#!/there/is/no/such/interpreter\n")
    (tmp_path / "go").chmod(0o755)
    (tmp_path / "go.mod").write_text("module example.test\n\ngo 1.26\n")

    with pytest.raises(WayError, match="go does not say its version"):
        usable_toolchain(tmp_path / "go.mod", {"PATH": str(tmp_path)})
