"""Messages are one printable line that names the field and says what was expected."""

from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.translate.errors import InvalidDeploymentError, entry, quoted


def test_a_message_names_field_value_and_what_was_expected() -> None:
    error = InvalidDeploymentError(
        entry("labels", "com.openfaas.scale.min"), "x", "a whole number of at least 0"
    )

    assert str(error) == (
        'labels["com.openfaas.scale.min"]: "x" is not a whole number of at least 0'
    )


def test_a_hidden_value_is_not_in_the_message() -> None:
    error = InvalidDeploymentError(entry("envVars", "PASSWORD"), None, "free of NUL characters")

    assert str(error) == 'envVars["PASSWORD"]: the value is not free of NUL characters'


def test_a_long_value_is_cut_after_80_characters() -> None:
    assert quoted("a" * 81) == f'"{"a" * 80}…"'
    assert quoted("a" * 80) == f'"{"a" * 80}"'


def test_control_characters_and_quotes_are_shown_escaped() -> None:
    assert quoted('a\n\x1b[0m"\\\u202e') == '"a\\n\\x1b[0m\\"\\\\\\u202e"'


@given(st.text(), st.text(), st.text())
def test_any_message_is_one_printable_line(field: str, key: str, value: str) -> None:
    said = str(InvalidDeploymentError(entry("labels", key), value, "a number"))

    assert said.isprintable()
    assert len(said) < 2200
