from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    "content",
    [
        b"s3cret\ns3cret-too",
        b"s3cret\r\nX-Nomad-Other: 1",
        b"two s3crets",
        b"\xef\xbb\xbfs3cret",
        "s3cret".encode("utf-16"),
        b"s3cret" * 10_000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_file_with_no_token_warns_without_its_text_and_the_last_token_holds(
    tmp_path: Path, content: bytes
) -> None:
    warnings: list[str] = []
    file = tmp_path / "token"
    file.write_bytes(b"old\r\n")
    token = FileToken(file, warn=warnings.append)
    assert token() == "old"

    file.write_bytes(content)
    token.reread()

    assert token() == "old"
    assert [text.partition("read: ")[2] for text in warnings] == [
        "it holds no token: expected one line, printable and without blanks"
    ]
