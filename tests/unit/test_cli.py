"""What the command line says of itself."""

from typer.testing import CliRunner

from faas_nomad.cli import cli
from faas_nomad.settings.page import specs

LINES_OF_A_TERMINAL = 24


def test_the_commands_fit_on_a_screen_and_serve_tells_every_setting() -> None:
    without_words = CliRunner().invoke(cli, []).output
    of_serve = CliRunner().invoke(cli, ["serve", "--help"]).output

    assert len(without_words.splitlines()) < LINES_OF_A_TERMINAL
    assert "serve --help" in without_words
    assert all(spec.flag in of_serve for spec in specs().values())
