"""Which addresses are accepted; what is fetched from them is tested on a local site."""

import pytest

from faas_nomad.tools.errors import SettingError
from faas_nomad.tools.fetching import base_url

NAME = "FAAS_NOMAD_RELEASES_URL"


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "https://standard"),
        ({NAME: ""}, "https://standard"),
        ({NAME: "http://mirror:8080/hashicorp/"}, "http://mirror:8080/hashicorp"),
        ({NAME: "https://[::1]:8443"}, "https://[::1]:8443"),
    ],
)
def test_an_address_is_taken_from_its_setting(environ: dict[str, str], url: str) -> None:
    assert base_url(environ, NAME, "https://standard") == url


@pytest.mark.parametrize(
    "written", ["mirror", "file:///etc", "ftp://mirror", "http://", "http://["]
)
def test_what_is_no_web_address_is_refused_by_name_and_value(written: str) -> None:
    with pytest.raises(SettingError) as error:
        base_url({NAME: written}, NAME, "https://standard")

    assert str(error.value) == f"{NAME}={written!r}: expected an http:// or https:// address"


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingError, match="without user and password") as error:
        base_url({NAME: "https://ada:s3cret@mirror"}, NAME, "https://standard")

    assert "s3cret" not in str(error.value)
