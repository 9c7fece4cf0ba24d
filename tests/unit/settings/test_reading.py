from pathlib import Path

import pytest

from faas_nomad.settings.credentials import load_credentials
from faas_nomad.settings.files import entries
from faas_nomad.settings.reading import read_text


def test_a_file_is_read_as_utf_8(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes("é".encode())

    assert read_text(tmp_path / "x") == "é"


@pytest.mark.parametrize("name", ["a.yaml", "a.toml", "a.hcl"])
def test_an_editors_mark_before_the_text_is_no_part_of_it(tmp_path: Path, name: str) -> None:
    text = "host: a\r\n" if name == "a.yaml" else 'host = "a"\r\n'
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text.encode())

    [entry] = entries(Path(name), read_text(tmp_path / name))

    assert (entry.name, entry.value) == ("host", "a")


def test_credentials_are_what_is_typed(tmp_path: Path) -> None:
    (tmp_path / "basic-auth-user").write_bytes(b"\xef\xbb\xbfadmin\r\n")
    (tmp_path / "basic-auth-password").write_bytes(b"\xef\xbb\xbf p:w\r\n")

    found = load_credentials(str(tmp_path), read_text)

    assert (found.user, found.password) == ("admin", "p:w")


def test_a_file_of_the_most_bytes_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"1234")

    assert read_text(tmp_path / "x", 4) == "1234"


def test_a_file_that_does_not_end_is_not_read_to_its_end() -> None:
    with pytest.raises(ValueError, match="over 4 bytes"):
        read_text(Path("/dev/zero"), 4)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff")

    with pytest.raises(UnicodeDecodeError):
        read_text(tmp_path / "x")
