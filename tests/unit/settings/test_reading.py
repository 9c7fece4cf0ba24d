from pathlib import Path

import pytest

from faas_nomad.settings.reading import read_text


def test_a_file_is_read_as_utf_8(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes("é".encode())

    assert read_text(tmp_path / "x") == "é"


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
