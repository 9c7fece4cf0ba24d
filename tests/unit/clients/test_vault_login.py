"""Credentials for Vault that are kept in files."""

from pathlib import Path

import pytest

from faas_nomad.clients.errors import RejectedError
from faas_nomad.clients.vault_login import read_file


def test_white_space_around_a_credential_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "id").write_bytes(b" \tabc\r\n\n")

    assert read_file(str(tmp_path / "id")) == "abc"


@pytest.mark.parametrize("content", [None, b"s3cret\nb", b"\xef\xbb\xbfs3cret", b"s3cret" * 9_000])
def test_a_file_without_one_is_named_and_not_quoted(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "id").write_bytes(content)

    with pytest.raises(RejectedError) as refused:
        read_file(str(tmp_path / "id"))

    assert f"the file {tmp_path / 'id'} for Vault's login cannot be read: " in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert str(refused.value).isprintable()
