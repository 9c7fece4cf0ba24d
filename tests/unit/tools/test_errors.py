"""How the errors read."""

from faas_nomad.tools.errors import ToolUnavailableError


def test_an_unavailable_tool_lists_the_reason_of_every_way_on_a_line_of_its_own() -> None:
    error = ToolUnavailableError("nomad 1.11.1", ["PATH: there is no nomad", "go build: no Go"])

    assert str(error) == (
        "nomad 1.11.1 cannot be had:\n  - PATH: there is no nomad\n  - go build: no Go"
    )
