from pathlib import Path

import pytest

from faas_nomad.settings.credentials import Credentials, load_credentials
from faas_nomad.settings.errors import SettingsError
from faas_nomad.settings.reading import read_text


def written(folder: Path, user: str, password: str) -> str:
    (folder / "basic-auth-user").write_text(user)
    (folder / "basic-auth-password").write_text(password)
    return str(folder)


def test_user_and_password_are_read_without_white_space_around(tmp_path: Path) -> None:
    folder = written(tmp_path, " admin\n", "\tp:w d\r\n")

    assert load_credentials(folder, read_text) == Credentials("admin", "p:w d")


def test_the_password_is_in_no_representation(tmp_path: Path) -> None:
    folder = written(tmp_path, "admin", "s3cret")

    assert "s3cret" not in repr(load_credentials(folder, read_text))


def test_missing_files_are_both_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_credentials(str(tmp_path), read_text)

    assert caught.value.problems == [
        f"basic_auth needs {tmp_path}/{name}, which cannot be read: No such file or directory"
        for name in ("basic-auth-user", "basic-auth-password")
    ]


@pytest.mark.parametrize("password", ["", " \n", "s3cret" * 1000])
def test_a_password_of_no_sensible_length_is_refused_unseen(tmp_path: Path, password: str) -> None:
    with pytest.raises(SettingsError, match="expected 1 to 4096") as caught:
        load_credentials(written(tmp_path, "admin", password), read_text)

    assert "s3cret" not in str(caught.value)


def test_a_user_with_a_colon_cannot_be_told_from_the_password(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="colon"):
        load_credentials(written(tmp_path, "a:b", "c"), read_text)


def test_bytes_that_are_no_text_are_refused_unseen(tmp_path: Path) -> None:
    folder = written(tmp_path, "admin", "x")
    (tmp_path / "basic-auth-password").write_bytes(b"s3cret\xff")

    with pytest.raises(SettingsError, match=r"no UTF-8") as caught:
        load_credentials(folder, read_text)

    assert "s3cret" not in str(caught.value)
