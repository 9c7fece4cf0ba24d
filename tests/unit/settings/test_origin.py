import pytest

from faas_nomad.settings.origin import Origin, Source, printable, quoted, without_credentials


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        (Origin(Source.FLAG, "--port"), "--port (flag)"),
        (Origin(Source.ENVIRONMENT, "NOMAD_ADDR"), "NOMAD_ADDR (environment)"),
        (Origin(Source.FILE, "port", "x.toml"), "port (x.toml)"),
        (Origin(Source.TASK, "NOMAD_REGION"), "NOMAD_REGION (environment, set by Nomad)"),
        (Origin(Source.DEFAULT, "port"), "port (default)"),
    ],
)
def test_an_origin_is_told_by_name_and_place(origin: Origin, text: str) -> None:
    assert str(origin) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://u:p@h:1", "http://(hidden)@h:1"),
        ("http://u:p/w@x@h", "http://(hidden)@h"),
        ("u:p@h", "(hidden)@h"),
        ("https://h/x?sig=abc", "https://h/x?(hidden)"),
        ("http://h:1", "http://h:1"),
    ],
)
def test_credentials_in_an_address_are_not_shown(text: str, shown: str) -> None:
    assert without_credentials(text) == shown
    assert quoted(text, secret=False) == repr(shown)


def test_a_secret_is_not_quoted_at_all() -> None:
    assert quoted("s3cret", secret=True) == "(hidden)"


def test_a_long_value_is_cut_after_its_credentials_are_gone() -> None:
    assert "p4ss" not in quoted("http://p4ss" + "x" * 200 + "@h", secret=False)
    assert len(quoted("x" * 5000, secret=False)) < 100


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert quoted("\x1b[2J", secret=False) == "'\\x1b[2J'"
    assert printable("a\x1b[2J\n") == "a?[2J?"
