"""The build's command, and what of its output is worth a line."""

from pathlib import Path

import pytest

from faas_nomad.tools.building import failure_reason, go_build_command
from faas_nomad.tools.catalog import TOOLS


def test_a_build_changes_no_module_file_and_leaves_no_path_of_this_machine_in_the_program() -> None:
    command = go_build_command("/go", TOOLS["nomad"], Path("/out/nomad"))

    assert command[:3] == ["/go", "build", "-v"]
    assert {"-mod=readonly", "-trimpath"} < set(command)
    assert command[-3:] == ["-o", "/out/nomad", "tool"]


def test_vault_is_built_with_its_small_set_of_plugins() -> None:
    assert "-tags=minimal" in go_build_command("/go", TOOLS["vault"], Path("/out/vault"))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (
            ["internal/abi", "go: example.test/x@v1: not found", "fmt"],
            "go: example.test/x@v1: not found",
        ),
        (["go: downloading example.test/x v1", "a.go:1:2: undefined: x"], "a.go:1:2: undefined: x"),
        (["a.go:1:2: missing go.sum entry", "\tgo get x"], "a.go:1:2: missing go.sum entry"),
        (["go: downloading example.test/x v1", "fmt"], "it said nothing"),
        ([], "it said nothing"),
    ],
)
def test_the_reason_of_a_failure_is_the_last_line_that_says_something(
    lines: list[str], reason: str
) -> None:
    assert failure_reason(lines) == reason


def test_a_reason_is_cut_to_one_line_of_bearable_length() -> None:
    assert len(failure_reason(["x " * 5000])) == 300
