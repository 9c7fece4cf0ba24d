import pytest

from faas_nomad.settings.values import ADDRESS, FILE, TOKEN, URL


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:4646",
        "https://nomad.example.com",
        "https://[::1]:4646/",
        "localhost:4646",
        "unix:///secrets/api.sock",
        "http://h:65535",
    ],
)
def test_an_address_may_be_a_url_a_host_or_a_socket(text: str) -> None:
    assert ADDRESS.parse(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://h",
        "http://user:pass@h:4646",
        "http://h:4646/v1",
        "http://h:0",
        "http://h:65536",
        "http://h:99999",
        "http://h h",
        "http://h\r\nX: y",
        "http://h?x=1",
        "unix://relative.sock",
        "http://",
        "h:１",
    ],
)
def test_an_address_with_anything_more_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        ADDRESS.parse(text)


def test_a_url_needs_its_scheme() -> None:
    assert URL.parse("https://127.0.0.1:8200")
    with pytest.raises(ValueError, match="address"):
        URL.parse("127.0.0.1:8200")


@pytest.mark.parametrize("text", ["a b", "a\n", "é", "x" * 16385])
def test_a_token_that_no_header_can_carry_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="token"):
        TOKEN.parse(text)


def test_a_path_with_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="path"):
        FILE.parse("a\0b")
