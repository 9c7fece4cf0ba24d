from pathlib import Path

from faas_nomad.clients.tokens import FileToken


def test_a_token_file_that_was_rewritten_gives_the_new_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    token = FileToken(file, warn=lambda _: None)
    assert token() == "old"

    file.write_text("new\n")
    token.reread()

    assert token() == "new"


def test_a_token_file_that_is_gone_warns_and_keeps_the_last_token(tmp_path: Path) -> None:
    warnings: list[str] = []
    file = tmp_path / "token"
    file.write_text("old\n")
    token = FileToken(file, warn=warnings.append)
    token()
    file.unlink()

    assert token() == "old"
    assert len(warnings) == 1
